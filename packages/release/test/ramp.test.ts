import { describe, expect, it } from "vitest";
import {
  createReleaseManager,
  errorGuard,
  type Gate,
  pointEstimate,
  type RampOptions,
  type RampStatus,
} from "../src/index.ts";
import { bench, codeOf, interrupted, requests, turns } from "./support.ts";

/** Two comparisons without a difference prove a margin of 0.9, so a stage ends with its fourth candidate request. */
const plan: RampOptions = {
  stages: [{ share: 0.45, margin: 0.9 }, { share: 0.5, margin: 0.9 }, 1],
  minRequests: 4,
};

/** Decides once the stage has its least requests: by more wins or losses. */
const majority: Gate<{ lead: number }> = {
  id: "majority",
  init: () => ({ lead: 0 }),
  push: ({ lead }, { candidate, baseline }) => ({ lead: lead + Math.sign(candidate - baseline) }),
  decide: ({ lead }, { done }) =>
    done
      ? { verdict: lead < 0 ? "rollback" : lead > 0 ? "promote" : "hold", reason: `lead ${lead}` }
      : undefined,
};

describe("ReleaseManager.ramp", () => {
  it("goes from stage to stage on evidence, and the last one's end promotes", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, by: "ana", why: "looks good" });
    expect(await ramp.status()).toMatchObject({
      state: "running",
      stage: 0,
      stages: [0.45, 0.5],
      share: 0.45,
      exposed: 0,
      pairs: 0,
      waitingFor: "requests",
    });
    expect((await manager.rollbackTarget())?.name).toBe("v1");

    await ramp.observe(turns(4, {}, "first"));
    expect(await ramp.status()).toMatchObject({
      stage: 1,
      share: 0.5,
      exposed: 4,
      requests: 8,
      exposedShare: 0.5,
    });
    await ramp.observe(turns(3, {}, "second"));
    expect((await manager.live())?.name).toBe("v1");
    await ramp.observe(turns(1, {}, "last"));

    const status = await ramp.status();
    expect(status).toMatchObject({ state: "promoted", share: 1, exposed: 8, requests: 16, pairs: 8 });
    expect(status.reason).toBe("the last stage has ended");
    expect((await manager.live())?.name).toBe("v2");
    expect((await manager.rollbackTarget())?.name).toBe("v1");
    expect(ramp.assign("anybody")).toMatchObject({ release: "v2", variant: "baseline" });
    expect(await manager.resumeRamp()).toBeUndefined();
    const events = await manager.history({ release: "v2", after: 3 });
    expect(events.map(({ type }) => type)).toEqual(["rampStarted", "rampAdvanced", "promoted"]);
    expect(events[0]).toMatchObject({ previous: "v1", by: "ana", why: "looks good" });
    expect(events[2]?.evidence).toMatchObject({ stage: 1, share: 0.5, exposed: 8, requests: 16, pairs: 8 });
    expect((await manager.verifyAudit()).valid).toBe(true);
  });

  it("takes the usual four stages, each with its own margin, where nothing is said", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2");
    const { stages, gate, guards } = await ramp.status();
    expect(stages).toEqual([0.01, 0.1, 0.5]);
    expect(gate.id).toContain("margin=0.2");
    expect(guards.map(({ id }) => id)).toEqual(["errors", "missing-scores", "sample-ratio"]);
  });

  it("shows both sides of the current stage, the gate and the guards", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 100 });
    await ramp.observe(
      turns(4, { baseline: { latencyMs: 100, costUsd: 0.5, score: 0.9 }, candidate: { latencyMs: 50 } }),
    );
    await ramp.observe({ id: "x", release: "v2", error: "timeout", score: null });
    const { candidate, baseline, gate, guards } = await ramp.status();
    expect(candidate).toEqual({
      release: "v2",
      requests: 5,
      errors: 1,
      scored: 4,
      meanScore: 1,
      meanLatencyMs: 50,
      costUsd: 0,
    });
    expect(baseline).toMatchObject({ release: "v1", requests: 4, errors: 0, costUsd: 2 });
    expect(baseline.meanScore).toBeCloseTo(0.9);
    expect(gate.evidence?.eNonInferiority).toBeGreaterThan(20);
    expect(guards[0]).toMatchObject({ id: "errors", breached: false, onBreach: "rollback" });
  });

  it("takes a candidate whose errors rise to zero at once", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 1000 });
    const user = Array.from({ length: 100 }, (_, i) => `user-${i}`).find(
      (key) => ramp.assign(key).release === "v2",
    ) as string;
    const counts = await ramp.observe(turns(50, { candidate: { error: "timeout", score: null } }));
    expect(counts.counted).toBeLessThan(30);
    expect(counts.ignored).toBe(100 - counts.counted);
    expect(ramp.assign(user).release).toBe("v1");
    const status = await ramp.status();
    expect(status).toMatchObject({ state: "rolledBack", share: 0, stage: 0 });
    expect(status.reason).toContain("errors: 1 against the baseline's 0");
    const [event] = await manager.history({ types: ["rampBreached"] });
    expect(event).toMatchObject({ release: "v2", previous: "v1", why: status.reason });
    expect((await manager.live())?.name).toBe("v1");
    expect(await manager.resumeRamp()).toBeUndefined();
  });

  it("takes a candidate whose scores fall to zero at once, and leaves the live release's rollback target", async () => {
    const { manager } = await bench({ promoted: 2 });
    const ramp = await manager.ramp("v3", { ...plan, minRequests: 1000 });
    await ramp.observe(turns(50, { names: ["v2", "v3"], candidate: { score: 0.2 } }));
    const { state, reason, exposed } = await ramp.status();
    expect([state, exposed < 15]).toEqual(["rolledBack", true]);
    expect(reason).toContain("worse than live");
    expect((await manager.live())?.name).toBe("v2");
    expect((await manager.rollbackTarget())?.name).toBe("v1");
  });

  it("sees harm that comes only after a stage had shown enough", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 1000 });
    await ramp.observe(turns(4));
    await ramp.observe(turns(100, { candidate: { score: 0 } }, "later"));
    expect((await ramp.status()).state).toBe("rolledBack");
  });

  it("counts the evidence of all stages, each stage's by its own share", async () => {
    const { manager } = await bench({ promoted: 1 });
    const stages = [
      { share: 0.25, margin: 0.9 },
      { share: 0.5, margin: 0.3 },
    ];
    const ramp = await manager.ramp("v2", { stages, minRequests: 3 });
    // At a quarter, one of the candidate meets three of the baseline.
    for (let i = 0; i < 3; i++) {
      await ramp.observe(requests("v1", 3, { score: 1 }, `b${i}`));
      await ramp.observe(requests("v2", 1, { score: 1 }, `c${i}`));
    }
    expect(await ramp.status()).toMatchObject({ stage: 1, pairs: 3, exposed: 3 });
    await ramp.observe(turns(3, {}, "half"));
    expect(await ramp.status()).toMatchObject({ stage: 1, pairs: 6, waitingFor: "evidence" });
    await ramp.observe(turns(10, {}, "more"));
    expect((await ramp.status()).state).toBe("promoted");
  });

  it("judges by success where nobody scores", async () => {
    const { manager } = await bench({ promoted: 1 });
    const unscored = { baseline: { score: undefined }, candidate: { score: undefined } };
    const scored = await manager.ramp("v2", plan);
    await scored.observe(turns(20, unscored));
    expect(await scored.status()).toMatchObject({ stage: 0, pairs: 0, waitingFor: "evidence" });
    await manager.rollback();
    const ramp = await manager.ramp("v2", { ...plan, judge: "success" });
    await ramp.observe(turns(20, unscored));
    expect((await ramp.status()).state).toBe("promoted");
  });

  it("lets a stage last as long as it must", async () => {
    const { manager, clock } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minStageMs: 60_000 });
    await ramp.observe(turns(4));
    expect(await ramp.status()).toMatchObject({ stage: 0, waitingFor: "time" });
    await clock.advance(59_999);
    await ramp.observe(turns(1, {}, "early"));
    expect((await ramp.status()).stage).toBe(0);
    await clock.advance(1);
    expect(await ramp.observe([])).toEqual({ counted: 0, completed: 0, duplicates: 0, ignored: 0 });
    expect(await ramp.status()).toMatchObject({ stage: 1, waitingFor: "requests" });
  });

  it("takes gates and guards of one's own, which a worker must bring along", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const guards = [errorGuard({ tolerance: 0.1 })];
    const stages = [
      { share: 0.5, gate: majority },
      { share: 0.6, gate: pointEstimate() },
    ];
    const ramp = await manager.ramp("v2", { stages, guards, minRequests: 3 });
    expect(await codeOf(another().resumeRamp())).toBe("ARGUMENT_INVALID");
    expect(await codeOf(another().resumeRamp({ guards }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(another().resumeRamp({ gates: [majority, pointEstimate()] }))).toBe(
      "ARGUMENT_INVALID",
    );
    const worker = await another().resumeRamp({ gates: [majority, pointEstimate()], guards });
    await worker?.observe(turns(3));
    expect(await ramp.status()).toMatchObject({ stage: 0, waitingFor: "evidence" });
    await worker?.observe(turns(1, { baseline: { score: 0.5 } }, "win"));
    expect(await ramp.status()).toMatchObject({ stage: 1, gate: { id: "point-estimate(tolerance=0)" } });
    await worker?.observe(turns(5, { candidate: { score: 0.5 } }, "loss"));
    expect((await ramp.status()).reason).toContain("mean");
    expect((await ramp.status()).state).toBe("rolledBack");
  });

  it("refuses a plan that is not sound", async () => {
    const { manager } = await bench({ promoted: 1 });
    const plans: RampOptions[] = [
      { stages: [] },
      { stages: [0, 1] },
      { stages: [0.5, 0.1] },
      { stages: [0.5, 0.5] },
      { stages: [0.5, 1.5] },
      { stages: [1] },
      { stages: [Number.NaN] },
      { stages: [{ share: 0.5, margin: 0 }] },
      { stages: [{ share: 0.5, margin: 0.1, gate: majority }] },
      { stages: [{ share: 0.5, approvals: 0.5 }] },
      { stages: [0.5, 1], holdback: 0.5 },
      { holdback: 1 },
      { shadow: 2 },
      { minRequests: 0 },
      { minStageMs: -1 },
      { judge: "taste" as "score" },
      { guardAlpha: 0 },
      { guards: [errorGuard(), errorGuard()] },
      { approvals: 2, approvers: ["ana"] },
      { approvers: ["ana", "ana"] },
      { budget: { maxExposed: 0 } },
      { budget: { maxCostUsd: -1 } },
      { freeze: [{ fromMs: 5, untilMs: 5 }] },
    ];
    for (const unsound of plans) {
      expect(await codeOf(manager.ramp("v2", unsound)), JSON.stringify(unsound)).toBe("ARGUMENT_INVALID");
    }
    expect(await manager.resumeRamp()).toBeUndefined();
  });

  it("needs a registered candidate beside a live release, and one ramp at a time", async () => {
    const { manager } = await bench();
    expect(await codeOf(manager.ramp("v1"))).toBe("RELEASE_NOT_LIVE");
    await manager.promote("v1");
    expect(await codeOf(manager.ramp("v9"))).toBe("RELEASE_NOT_FOUND");
    expect(await codeOf(manager.ramp("v1"))).toBe("RELEASE_STATE_INVALID");
    const ramp = await manager.ramp("v2", plan);
    expect(await codeOf(manager.ramp("v3", plan))).toBe("RELEASE_STATE_INVALID");
    expect(await codeOf(manager.ramp("v2", { ...plan, minRequests: 5 }))).toBe("RELEASE_STATE_INVALID");
    expect(await codeOf(manager.ramp("v2", { ...plan, guards: [] }))).toBe("RELEASE_STATE_INVALID");
    expect(await codeOf(manager.promote("v3"))).toBe("RELEASE_STATE_INVALID");
    expect((await manager.ramp("v2", plan)).id).toBe(ramp.id);
  });

  it("starts once when several workers start it at once", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramps = await Promise.all([manager.ramp("v2", plan), another().ramp("v2", plan)]);
    expect(new Set(ramps.map(({ id }) => id)).size).toBe(1);
    expect(await manager.history({ types: ["rampStarted"] })).toHaveLength(1);
  });

  it("does not start on a record that was moved meanwhile", async () => {
    const { manager, state, clock } = await bench({ promoted: 2 });
    const late = interrupted(state, "commit", () => manager.rollback());
    expect(await codeOf(createReleaseManager({ state: late, clock }).ramp("v3", plan))).toBe(
      "RELEASE_CONFLICT",
    );
    expect(await manager.resumeRamp()).toBeUndefined();
  });

  it("leaves alone what a ramp remembers that starts while it clears away earlier ones", async () => {
    const { manager, state, clock } = await bench({ promoted: 1 });
    const first = await manager.ramp("v2", plan);
    await first.observe(requests("v2", 3));
    await manager.rollback();
    const late = interrupted(state, "scan", async () => {
      const second = await manager.ramp("v2", plan);
      await second.observe(requests("v2", 3));
    });
    const joined = await createReleaseManager({ state: late, clock }).ramp("v2", plan);
    expect(await joined.observe(requests("v2", 3))).toMatchObject({ duplicates: 3 });
  });

  it("ends when its candidate is promoted by hand", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe(requests("v2", 2));
    await another().promote("v2", { why: "no time" });
    expect(await ramp.status()).toMatchObject({ state: "promoted", share: 1, reason: "no time", exposed: 2 });
    expect((await manager.rollbackTarget())?.name).toBe("v1");
    const [, event] = await manager.history({ types: ["promoted"] });
    expect(event?.evidence).toMatchObject({ exposed: 2 });
  });

  it("ends by a rollback, which leaves the baseline live, once", async () => {
    const { manager, another } = await bench({ promoted: 2 });
    const ramp = await manager.ramp("v3", plan);
    await ramp.observe(requests("v3", 2));
    expect(await another().rollback({ why: "complaints" })).toEqual({ moved: true, live: "v2", from: "v3" });
    expect(await another().rollback()).toEqual({ moved: false, live: "v2" });
    const expected: Partial<RampStatus> = { state: "rolledBack", share: 0, reason: "complaints", exposed: 2 };
    expect(await ramp.status()).toMatchObject(expected);
    expect(ramp.assign("user").release).toBe("v2");
    expect(await ramp.observe(requests("v3", 1, {}, "late"))).toMatchObject({ counted: 0, ignored: 1 });
  });

  it("ends by a rollback to an earlier release too", async () => {
    const { manager } = await bench({ promoted: 2 });
    const ramp = await manager.ramp("v3", plan);
    expect(await manager.rollback({ to: "v1" })).toEqual({ moved: true, live: "v1", from: "v2" });
    expect((await ramp.status()).state).toBe("rolledBack");
  });
});

describe("ReleaseManager.resumeRamp", () => {
  it("goes on with the evidence of before a restart, bit for bit", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const all = turns(4, { candidate: { score: 0.7 }, baseline: { score: 0.7 } });
    await ramp.observe(all.slice(0, 7));
    const before = await ramp.status();
    const resumed = await another().resumeRamp();
    expect(await resumed?.status()).toEqual(before);
    expect(resumed?.assign("user-1")).toEqual(ramp.assign("user-1"));
    expect(await resumed?.observe(all)).toEqual({ counted: 1, completed: 0, duplicates: 7, ignored: 0 });
    expect((await resumed?.status())?.stage).toBe(1);
  });

  it("has nothing to go on with where no ramp is under way", async () => {
    const { manager } = await bench({ promoted: 1 });
    expect(await manager.resumeRamp()).toBeUndefined();
  });

  it("forgets the requests and keys of a ramp that is over when the next one starts, and nothing else", async () => {
    const { manager, state } = await bench({ promoted: 1 });
    const remembered = async (): Promise<number> =>
      (await state.scan({ prefix: "release/default/seen/", limit: 5000 })).length;
    const first = await manager.ramp("v2", { minRequests: 10_000 });
    await first.observe(requests("v2", 1200));
    await first.observe({ id: "with a key", release: "v1", key: "user" });
    await manager.rollback();
    expect(await remembered()).toBe(1202);
    const second = await manager.ramp("v3");
    await second.observe(requests("v3", 3));
    expect(await remembered()).toBe(3);
    const joined = await manager.ramp("v3");
    expect(await joined.observe(requests("v3", 3))).toMatchObject({ duplicates: 3 });
    expect(await first.status()).toMatchObject({ state: "rolledBack", exposed: 1200 });
  });
});
