import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import type { Json, Storage } from "@keelson/core";
import { createFaultyStorage, type FaultEffect, type FaultPlan } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import {
  createReleaseManager,
  errorGuard,
  type Observation,
  pointEstimate,
  type ReleaseManager,
} from "../src/index.ts";
import { bundleOf, casesOf, dump, scoreTable } from "./support.ts";

const crash = new Error("crashed");

/** How a call to the store may go wrong: alone, or as the last that its process makes. */
const effects = ["fail", "fail-after", "kill", "kill-after"] as const satisfies readonly FaultEffect[];

/** Two comparisons end a stage, or break it by a guard that any worker makes alike. */
const guards = [errorGuard({ alpha: 0.04 })];
const plan = {
  stages: [
    { share: 0.45, margin: 0.9 },
    { share: 0.5, margin: 0.9 },
  ],
  minRequests: 2,
  guards,
};

function observations(candidate: string, baseline: string, stage: number, error: boolean): Observation[] {
  return (error ? [0, 1, 2, 3, 4, 5, 6] : [0, 1]).flatMap((i) => [
    { id: `${stage}-b${i}`, release: baseline, score: 0.01 * i + 0.7, latencyMs: 10.1 },
    { id: `${stage}-c${i}`, release: candidate, score: 0.01 * i + 0.7, latencyMs: 9.7, error },
  ]);
}

/** Each step is what somebody would do again after a crash, and does once however often it is done. */
const story: ((manager: ReleaseManager) => Promise<unknown>)[] = [
  (m) => m.register("v1", bundleOf("v1")),
  (m) => m.register("v2", bundleOf("v2")),
  (m) => m.register("v3", bundleOf("v3")),
  (m) => m.promote("v1"),
  (m) => m.ramp("v2", plan),
  async (m) => (await m.resumeRamp({ guards }))?.observe(observations("v2", "v1", 0, false)),
  async (m) => (await m.resumeRamp({ guards }))?.observe(observations("v2", "v1", 1, false).slice(0, 3)),
  async (m) => (await m.resumeRamp({ guards }))?.observe(observations("v2", "v1", 1, false)),
  (m) => m.ramp("v3", { ...plan, minRequests: 20 }),
  async (m) => (await m.resumeRamp({ guards }))?.observe(observations("v3", "v2", 0, true)),
  (m) => m.rollback({ why: "done" }),
  (m) => m.promote("v3"),
  (m) => m.rollback({ to: "v1" }),
];

/** Lives the story with a crash in one step, and says whether it came to it. */
async function live(
  storage: Storage,
  crashes?: Pick<FaultPlan, "at" | "effect"> & { readonly step: number },
): Promise<boolean> {
  const clock = createManualClock();
  const { state } = storage;
  let crashed = false;
  for (const [i, step] of story.entries()) {
    if (crashes?.step === i) {
      const faulty = createFaultyStorage(storage, { ...crashes, error: crash });
      try {
        await step(createReleaseManager({ state: faulty.state, clock }));
      } catch (error) {
        expect(error).toBe(crash);
      }
      crashed = faulty.fired;
      // A ramp that ended in the crashed call is not started again by hand: the worker finds none to resume.
    }
    await step(createReleaseManager({ state, clock }));
  }
  return crashed;
}

describe("a crash at any call to the store", () => {
  it("leaves a record from which others go on to the very same end", { timeout: 60_000 }, async () => {
    const undisturbed = createMemoryStorage();
    await live(undisturbed);
    const expected: Record<string, Json> = await dump(undisturbed.state);
    const manager = createReleaseManager({ state: undisturbed.state });
    expect((await manager.history()).map(({ type }) => type)).toEqual([
      "registered",
      "registered",
      "registered",
      "promoted",
      "rampStarted",
      "rampAdvanced",
      "promoted",
      "rampStarted",
      "rampBreached",
      "rolledBack",
      "promoted",
      "rolledBack",
    ]);

    let tried = 0;
    for (const effect of effects) {
      for (const step of story.keys()) {
        for (let at = 1; ; at++) {
          const storage = createMemoryStorage();
          const { state } = storage;
          if (!(await live(storage, { step, at, effect }))) break;
          tried++;
          expect(await dump(state), `step ${step}, call ${at}, ${effect}`).toEqual(expected);
          expect((await createReleaseManager({ state }).verifyAudit()).valid).toBe(true);
        }
      }
    }
    expect(tried).toBeGreaterThan(60);
  });

  it("makes a canary fail without moving traffic, or a release land once", async () => {
    for (const effect of effects) {
      for (let at = 1; ; at++) {
        const storage = createMemoryStorage();
        const { state } = storage;
        const evals = scoreTable({});
        const sound = createReleaseManager({ state, evals });
        for (const name of ["v1", "v2"]) await sound.register(name, bundleOf(name));
        await sound.promote("v1");
        const faulty = createFaultyStorage(storage, { at, effect, error: crash });
        const options = { cases: casesOf(3), gate: pointEstimate() };
        await createReleaseManager({ state: faulty.state, evals })
          .release("v2", options)
          .catch((error: unknown) => expect(error).toBe(crash));
        const [judged, promoted] = [
          await sound.history({ types: ["canaryJudged"] }),
          await sound.history({ types: ["promoted"], release: "v2" }),
        ];
        expect((await sound.live())?.name).toBe(promoted.length === 0 ? "v1" : "v2");
        expect(judged.length).toBeGreaterThanOrEqual(promoted.length);
        await sound.release("v2", options);
        expect((await sound.live())?.name).toBe("v2");
        expect(await sound.history({ types: ["promoted"], release: "v2" })).toHaveLength(1);
        expect((await sound.verifyAudit()).valid).toBe(true);
        if (!faulty.fired) break;
      }
    }
  });
});
