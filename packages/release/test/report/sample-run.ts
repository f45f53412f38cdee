import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import { createReleaseManager, type Ramp, type RampStatus, type Verdict } from "../../src/index.ts";
import type { ReleaseRun } from "../../src/report.ts";

/** What kind of candidate the sample is about. */
export type SampleKind = "better" | "worse";

/** A release as it goes: a canary over 160 cases, and a ramp that ends well or in its first stage. */
export async function sampleRun(kind: SampleKind): Promise<ReleaseRun> {
  const clock = createManualClock();
  const { state } = createMemoryStorage();
  const evals = {
    specVersion: 1 as const,
    id: "judge@3",
    run: ({ prompt }: { prompt: unknown }, { id }: { id: string }) => ({
      score: scoreOf(prompt === "cite", kind, Number(id.slice(id.lastIndexOf("-") + 1))),
      latencyMs: prompt === "cite" ? 900 : 820,
      costUsd: 0.002,
    }),
  };
  const releases = createReleaseManager({ state, clock, evals });
  await releases.register("v1", { prompt: "answer", model: "small" }, { by: "ana" });
  await releases.register("v2", { prompt: "cite", model: "small", config: { topK: 8 } }, { by: "ben" });
  await releases.promote("v1", { by: "ana", why: "first version" });

  const cases = Array.from({ length: 160 }, (_, i) => ({ id: `returns/question-${i}`, input: "?" }));
  const canary: Verdict = await releases.canary("v2", { cases, by: "ben" });
  await clock.advance(3_600_000);
  const ramp = await releases.ramp("v2", {
    stages: [0.1, 0.5, 1],
    minRequests: 50,
    by: "ben",
    why: "the canary passed",
  });
  const status = await drive(ramp, kind, () => clock.advance(60_000));
  return {
    canary,
    ramp: status,
    history: await releases.history(),
    audit: await releases.verifyAudit(),
    releases: {
      candidate: (await releases.get("v2")) as NonNullable<Awaited<ReturnType<typeof releases.get>>>,
      baseline: (await releases.get("v1")) as NonNullable<Awaited<ReturnType<typeof releases.get>>>,
    },
  };
}

function scoreOf(isCandidate: boolean, kind: SampleKind, i: number): number {
  const base = i % 9 === 0 ? 0.5 : 1 - (i % 4) / 20;
  if (!isCandidate) return base;
  if (kind === "better") return i % 11 === 0 ? base - 0.1 : Math.min(1, base + (i % 3) / 40);
  return i % 5 === 0 ? 0 : base;
}

async function drive(
  ramp: Ramp,
  kind: SampleKind,
  tick: () => Promise<unknown> | unknown,
): Promise<RampStatus> {
  for (let i = 0; i < 20_000; i += 100) {
    const batch = Array.from({ length: 100 }, (_, j) => {
      const id = `r-${i + j}`;
      const { release, variant, stage } = ramp.assign(id);
      const bad = variant === "candidate" && kind === "worse" && (i + j) % 3 === 0;
      return { id, key: id, stage, release, score: bad ? 0.2 : 0.9, latencyMs: 800, costUsd: 0.002 };
    });
    await ramp.observe(batch);
    await tick();
    if ((await ramp.status()).state !== "running") break;
  }
  return ramp.status();
}
