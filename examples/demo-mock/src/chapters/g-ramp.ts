import {
  type Observation,
  type Outcome,
  pointEstimate,
  type Ramp,
  type RampPlan,
  type RampStatus,
  type ReleaseManager,
} from "@keelson/release";
import type { World } from "../world.ts";

const BATCH = 200;
const MOST_REQUESTS = 50_000;
// One look at a fixed sample in the first stage; a sequential gate, as it is by default, in those after it.
const SIMPLE_FIRST: RampPlan = {
  stages: [{ share: 0.01, gate: pointEstimate(), minRequests: 50 }, 0.1, 0.5, 1],
};

/** G. Traffic moves to a good version stage by stage, and away from a bad one early. */
export async function chapterG({ transcript }: World, releases: ReleaseManager): Promise<void> {
  const { chapter, say, fact } = transcript;
  const liveIsGood = async (): Promise<boolean> => (await releases.live())?.name === "v2-good";
  chapter("G. A ramp on evidence");

  const good = await drive(await releases.ramp("v2-good", { ...SIMPLE_FIRST, by: "demo" }), () => ({
    score: 1,
  }));
  say(`  v2-good: ${good.path.join(" -> ")}, ${good.status.state} after ${good.status.requests} requests`);
  const ends = good.ended.map(({ share, gate, pairs }) => `${share} by ${gate} after ${pairs}`);
  say(`    the gates, by comparisons seen: ${ends.join(", ")}`);
  fact("the ramp 1 -> 10 -> 50 -> 100 carries v2-good to live", await liveIsGood());
  fact("every stage was taken in its order", good.path.join() === "1%,10%,50%,100%");
  fact(
    "the simple gate let it out of 1%, the sequential one out of 10% and 50%",
    good.ended.map(({ gate }) => gate).join() === "point-estimate,sequential,sequential",
  );
  fact("a user once served by the candidate stayed with it", good.sticky);

  const failing = await drive(await releases.ramp("v3-bad", { by: "demo" }), (request) =>
    request % 10 < 3 ? { error: true, score: null } : { score: 1 },
  );
  const { exposed, requests, exposedShare, reason } = failing.status;
  say(`  v3-bad, failing: ${failing.path.join(" -> ")}, ${failing.status.state}`);
  say(`    ${reason}`);
  say(`    it served ${exposed} of ${requests} requests, ${(100 * exposedShare).toFixed(2)}%`);
  fact("v3-bad is rolled back in the first stage", isOutAtOnce(failing));
  fact("it served about one request in a hundred", exposedShare > 0.005 && exposedShare < 0.015);

  // Now it fails nobody, so that no guard sees it, but every other answer is worth nothing: each gate by itself.
  const worse = (request: number): Outcome => ({ score: request % 2 });
  for (const plan of [SIMPLE_FIRST, {}]) {
    const { status, ...rest } = await drive(await releases.ramp("v3-bad", { ...plan, by: "demo" }), worse);
    const gate = nameOf(status.gate.id);
    say(`  v3-bad, worse: ${status.state} by ${gate} after ${status.exposed} of its answers`);
    say(`    ${status.reason}`);
    fact(`${gate} takes it out in the first stage`, isOutAtOnce({ status, ...rest }));
  }
  fact("live stays v2-good, and nobody is sent to v3-bad", await liveIsGood());
}

/** A gate's id without its settings. */
function nameOf(gate: string): string {
  return gate.replace(/\(.*/, "");
}

function isOutAtOnce({ status }: Drive): boolean {
  return status.state === "rolledBack" && status.stage === 0;
}

interface Drive {
  readonly status: RampStatus;
  /** The share of each stage that was seen, in order. */
  readonly path: readonly string[];
  /** The stages that were left: their gates, and the comparisons these had seen. */
  readonly ended: readonly { readonly share: string; readonly gate: string; readonly pairs: number }[];
  /** Did every user of the candidate stay with it? */
  readonly sticky: boolean;
}

/** Sends requests of 10,000 users until the ramp has ended. The candidate's go as `outcome` says, all others well. */
async function drive(ramp: Ramp, outcome: (candidateRequest: number) => Outcome): Promise<Drive> {
  const path: string[] = [];
  const ended: { share: string; gate: string; pairs: number }[] = [];
  const candidateUsers = new Set<string>();
  let candidateRequests = 0;
  let sticky = true;
  let status = await ramp.status();
  for (let sent = 0; status.state === "running" && sent < MOST_REQUESTS; sent += BATCH) {
    const share = `${100 * status.share}%`;
    if (path.at(-1) !== share) path.push(share);
    const observations: Observation[] = [];
    for (let request = sent; request < sent + BATCH; request++) {
      const key = `user-${(request * 7919) % 10_000}`;
      const { release, stage, variant } = ramp.assign(key);
      const isCandidate = variant === "candidate";
      if (isCandidate) candidateUsers.add(key);
      else if (candidateUsers.has(key)) sticky = false;
      const went = isCandidate ? outcome(candidateRequests++) : { score: 1 };
      observations.push({ id: `${ramp.id}-${request}`, key, release, stage, latencyMs: 5, ...went });
    }
    await ramp.observe(observations);
    const { gate, stage } = status;
    status = await ramp.status();
    if (status.stage > stage || status.state === "promoted")
      ended.push({ share, gate: nameOf(gate.id), pairs: status.pairs });
  }
  // The end of the last stage is all of the traffic.
  if (status.state === "promoted") path.push("100%");
  return { status, path, ended, sticky };
}
