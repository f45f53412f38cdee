import type { EvalCase } from "@keelson/core";
import {
  createReleaseManager,
  pointEstimate,
  type ReleaseManager,
  sequential,
  type Verdict,
} from "@keelson/release";
import { createMockEvals } from "../mock-model.ts";
import type { World } from "../world.ts";

const cases: readonly EvalCase[] = [
  { id: "price", input: "What does the basic plan cost?", expected: "25 dollars" },
  { id: "refund", input: "Within how many days can I return it?", expected: "Thirty" },
  { id: "admin", input: "Who keeps the records?", expected: "The admin" },
  { id: "hours", input: "When is support there?", expected: "Nine to five" },
  { id: "free", input: "Is shipping free?", expected: "Yes" },
];

/** E. A canary promotes a good version and keeps a bad one out; one call rolls back. */
export async function chapterE({ storage, clock, transcript }: World): Promise<ReleaseManager> {
  const { chapter, say, fact } = transcript;
  chapter("E. A canary against the live baseline");
  const releases = createReleaseManager({ ...storage, evals: createMockEvals(), clock, name: "answers" });
  const model = { name: "mock-model", temperature: 0 };
  await releases.register("v1", { prompt: "Answer from the documents.", model });
  await releases.register("v2-good", { prompt: "Answer from the documents, and cite them.", model });
  await releases.register("v3-bad", { prompt: "Answer in one word.", model });
  await releases.promote("v1", { by: "demo", why: "the first version" });
  say(`  live: ${await liveName(releases)}`);

  const gate = pointEstimate({ tolerance: 0 });
  const good = await releases.release("v2-good", { cases, gate, by: "demo" });
  say(`  v2-good: ${scores(good.verdict)} -> ${good.verdict.verdict}`);
  say(`    ${good.verdict.reason}`);
  const target = (await releases.rollbackTarget())?.name;
  fact("v2-good is promoted: live is v2-good, the rollback target is v1", good.promoted && target === "v1");

  const bad = await releases.release("v3-bad", { cases, gate, by: "demo" });
  say(`  v3-bad: ${scores(bad.verdict)} -> ${bad.verdict.verdict}`);
  say(
    `    worst: ${bad.verdict.evidence.worst.map(({ caseId, delta }) => `${caseId} ${delta.toFixed(1)}`).join(", ")}`,
  );
  fact(
    "v3-bad gets the verdict rollback, and live stays v2-good",
    bad.verdict.verdict === "rollback" && (await liveName(releases)) === "v2-good",
  );

  const move = await releases.rollback({ by: "on-call", why: "emergency" });
  fact(`rollback() takes live from ${move.from} back to v1 in one call`, (await liveName(releases)) === "v1");
  const { events, valid } = await releases.verifyAudit();
  fact(`the audit log has ${events} events, chained and unbroken`, valid);

  // The other gate, on the same evidence: what was counted is judged again, and nothing is asked twice.
  const careful = await releases.canary("v2-good", { cases, gate: sequential({ margin: 0.05 }), by: "demo" });
  say(`  v2-good before the sequential gate: ${careful.verdict}`);
  say(`    ${careful.reason}`);
  const { moreCases, spend } = careful.evidence;
  fact(
    `five cases prove nothing yet: it holds, asks for about ${moreCases} more, and has asked the model ${spend.runs} times`,
    careful.verdict === "hold" && moreCases === 73 && spend.runs === 0 && (await liveName(releases)) === "v1",
  );
  return releases;
}

function scores({ evidence }: Verdict): string {
  const { candidateMean, baselineMean, scored } = evidence;
  return `mean ${candidateMean?.toFixed(1)} against the baseline's ${baselineMean?.toFixed(1)} on ${scored} cases`;
}

async function liveName(releases: ReleaseManager): Promise<string | undefined> {
  return (await releases.live())?.name;
}
