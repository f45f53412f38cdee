import { describe, expect, it } from "vitest";
import { createReleaseManager, type RampOptions } from "../src/index.ts";
import { bench, codeOf, interrupted, turns } from "./support.ts";

const plan: RampOptions = {
  stages: [
    { share: 0.45, margin: 0.9 },
    { share: 0.5, margin: 0.9 },
  ],
  minRequests: 4,
};

describe("Ramp.pause", () => {
  it("keeps the share until it is resumed, while evidence goes on", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const paused = await ramp.pause({ by: "ana", why: "lunch" });
    expect(paused).toMatchObject({ waitingFor: "resume", paused: { by: "ana", why: "lunch" }, share: 0.45 });
    expect((await ramp.pause({ by: "bo" })).paused).toEqual({ by: "ana", why: "lunch" });
    await ramp.observe(turns(10));
    expect(await ramp.status()).toMatchObject({ stage: 0, exposed: 10, pairs: 10 });
    const worker = await another().resumeRamp();
    expect(await worker?.resume({ by: "bo", why: "back" })).toMatchObject({ stage: 1, paused: undefined });
    await ramp.resume();
    const events = await manager.history({ after: 5 });
    expect(events.map(({ type, by }) => [type, by])).toEqual([
      ["rampPaused", "ana"],
      ["rampResumed", "bo"],
      ["rampAdvanced", undefined],
    ]);
    expect((await manager.verifyAudit()).valid).toBe(true);
  });

  it("holds back no breach and no rollback", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.pause();
    await ramp.observe(turns(50, { candidate: { score: 0 } }));
    expect((await ramp.status()).state).toBe("rolledBack");
    const second = await manager.ramp("v2", plan);
    await second.pause();
    expect(await manager.rollback()).toMatchObject({ moved: true });
    for (const call of [second.pause(), second.resume(), second.approve({ by: "ana", evidence: "" })]) {
      expect(await codeOf(call)).toBe("RELEASE_STATE_INVALID");
    }
  });

  it("is what a guard that holds does, which is not asked again once somebody has looked", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 70 });
    await ramp.observe(turns(60, { candidate: { score: null } }));
    const { paused, guards } = await ramp.status();
    expect(paused?.guard).toBe("missing-scores");
    expect(guards.find(({ id }) => id === "missing-scores")?.breached).toBe(true);
    const [event] = await manager.history({ types: ["rampPaused"] });
    expect(event?.why).toContain("missing-scores: ");
    await ramp.resume({ by: "ana", why: "the judge was down" });
    await ramp.observe(turns(20, {}, "scored"));
    expect(await ramp.status()).toMatchObject({ stage: 1, paused: undefined });
  });

  it("does not advance on a pause that landed first", async () => {
    const { manager, state, clock } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const late = interrupted(state, "commit", () => ramp.pause());
    const worker = await createReleaseManager({ state: late, clock }).resumeRamp();
    await worker?.observe(turns(4));
    expect(await ramp.status()).toMatchObject({ stage: 0, exposed: 4, waitingFor: "resume" });
  });
});

describe("Ramp.approve", () => {
  const approved: RampOptions = { ...plan, approvals: 2, approvers: ["ana", "bo", "cy"] };
  const evidenceOf = async (ramp: { status(): Promise<{ approval?: { evidence: string } | undefined }> }) =>
    (await ramp.status()).approval?.evidence ?? "none";

  it("ends a stage once enough people have approved what was to be seen", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", approved);
    expect((await ramp.status()).approval).toBeUndefined();
    await ramp.observe(turns(5));
    expect(await ramp.status()).toMatchObject({
      stage: 0,
      waitingFor: "approval",
      approval: { needed: 2, approvals: [] },
    });
    const evidence = await evidenceOf(ramp);
    await ramp.approve({ by: "ana", evidence });
    await ramp.approve({ by: "ana", evidence });
    await ramp.observe(turns(2, {}, "more"));
    expect((await ramp.status()).approval).toMatchObject({ evidence, approvals: [{ by: "ana" }] });
    const status = await ramp.approve({ by: "cy", evidence, why: "fine" });
    expect(status).toMatchObject({ stage: 1, approval: undefined });
    const events = await manager.history({ after: 5 });
    expect(events.map(({ type, by }) => [type, by])).toEqual([
      ["rampReady", undefined],
      ["rampApproved", "ana"],
      ["rampApproved", "cy"],
      ["rampAdvanced", undefined],
    ]);
    expect(events[2]).toMatchObject({ why: "fine", evidence: { stage: 0, exposed: 7 } });
  });

  it("needs each stage's own approvals, the last before it promotes", async () => {
    const { manager } = await bench({ promoted: 1 });
    const stages = [
      { share: 0.45, margin: 0.9 },
      { share: 0.5, margin: 0.9, approvals: 1 },
    ];
    const ramp = await manager.ramp("v2", { ...plan, stages });
    await ramp.observe(turns(4));
    expect((await ramp.status()).stage).toBe(1);
    await ramp.observe(turns(4, {}, "second"));
    expect((await manager.live())?.name).toBe("v1");
    expect(await ramp.approve({ by: "anybody", evidence: await evidenceOf(ramp) })).toMatchObject({
      state: "promoted",
    });
    expect((await manager.live())?.name).toBe("v2");
  });

  it("refuses other evidence, other people, and a stage that is not ready", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", approved);
    expect(await codeOf(ramp.approve({ by: "ana", evidence: "none" }))).toBe("RELEASE_STATE_INVALID");
    await ramp.observe(turns(4));
    const evidence = await evidenceOf(ramp);
    expect(await codeOf(ramp.approve({ by: "dora", evidence }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(ramp.approve({ by: "", evidence }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(ramp.approve({ by: "ana", evidence: "0".repeat(64) }))).toBe("RELEASE_STATE_INVALID");
    await manager.rollback();
    const again = await manager.ramp("v2", approved);
    await again.observe(turns(4));
    expect(await codeOf(again.approve({ by: "ana", evidence }))).toBe("RELEASE_STATE_INVALID");
  });

  it("is void once the evidence does not suffice any more", async () => {
    const { manager } = await bench({ promoted: 1 });
    const lead = {
      id: "lead",
      init: () => 0,
      push: (ahead: number, { candidate, baseline }: { candidate: number; baseline: number }) =>
        ahead + Math.sign(candidate - baseline),
      decide: (ahead: number) => (ahead > 0 ? { verdict: "promote" as const, reason: "ahead" } : undefined),
    };
    const ramp = await manager.ramp("v2", { ...approved, stages: [{ share: 0.5, gate: lead }] });
    await ramp.observe(turns(4, { baseline: { score: 0.75 } }));
    const evidence = await evidenceOf(ramp);
    await ramp.approve({ by: "ana", evidence });
    await ramp.observe(turns(4, { candidate: { score: 0.75 } }, "worse"));
    expect(await ramp.status()).toMatchObject({ waitingFor: "evidence", approval: undefined });
    await ramp.observe(turns(1, { baseline: { score: 0.75 } }, "better"));
    expect(await codeOf(ramp.approve({ by: "bo", evidence }))).toBe("RELEASE_STATE_INVALID");
    expect(await ramp.status()).toMatchObject({ waitingFor: "approval", approval: { approvals: [] } });
    const types = (await manager.history({ after: 5 })).map(({ type }) => type);
    expect(types).toEqual(["rampReady", "rampApproved", "rampUnready", "rampReady"]);
  });

  it("loses no approval when two people approve at once", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", approved);
    await ramp.observe(turns(4));
    const evidence = await evidenceOf(ramp);
    const other = await another().resumeRamp();
    await Promise.all([ramp.approve({ by: "ana", evidence }), other?.approve({ by: "bo", evidence })]);
    expect((await ramp.status()).stage).toBe(1);
  });
});

describe("RampPlan.freeze", () => {
  it("lets no share grow while a window is open, and a rollback at any time", async () => {
    const { manager, clock } = await bench({ promoted: 1 });
    const nowMs = clock.now();
    const freeze = [{ fromMs: nowMs + 1000, untilMs: nowMs + 2000 }];
    const ramp = await manager.ramp("v2", { ...plan, freeze });
    await clock.advance(1000);
    await ramp.observe(turns(4));
    expect(await ramp.status()).toMatchObject({ stage: 0, exposed: 4, waitingFor: "freeze" });
    await clock.advance(999);
    await ramp.observe([]);
    expect((await ramp.status()).stage).toBe(0);
    await clock.advance(1);
    await ramp.observe([]);
    expect((await ramp.status()).stage).toBe(1);
    await manager.rollback();
    clock.setNow(nowMs + 1500);
    expect(await codeOf(manager.ramp("v2", { ...plan, freeze }))).toBe("RELEASE_STATE_INVALID");
    // What exposes nobody may begin.
    const shadow = await manager.ramp("v2", { ...plan, freeze, shadow: 0.1 });
    expect((await shadow.status()).share).toBe(0);
    expect(await manager.rollback()).toMatchObject({ moved: true });
  });
});

describe("RampPlan.budget", () => {
  it("takes a ramp to zero that has exposed as many as it may", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 100, budget: { maxExposed: 10 } });
    expect((await ramp.observe(turns(50))).counted).toBe(20);
    const { state, exposed, reason } = await ramp.status();
    expect([state, exposed, reason]).toEqual([
      "rolledBack",
      10,
      "the budget of 10 exposed requests is used up",
    ]);
  });

  it("takes a ramp to zero that has cost what it may, by shadow copies too", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, shadow: 0.1, budget: { maxCostUsd: 1 } });
    for (const id of ["a", "b"]) {
      await ramp.observe({ id, release: "v1", score: 1, costUsd: 5, shadow: { score: 1, costUsd: 0.5 } });
    }
    expect((await ramp.status()).reason).toBe("the budget of 1 US dollars is used up");
  });

  it("lets the last stage's end promote with the last request of the budget", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, budget: { maxExposed: 8 } });
    await ramp.observe(turns(8));
    expect((await ramp.status()).state).toBe("promoted");
  });
});

describe("RampPlan.holdback", () => {
  it("keeps its share of the keys with the baseline to the end, so that the last stage is compared too", async () => {
    const { manager } = await bench({ promoted: 1 });
    const stages = [
      { share: 0.5, margin: 0.9 },
      { share: 1, margin: 0.9 },
    ];
    const ramp = await manager.ramp("v2", { stages, holdback: 0.1, minRequests: 9 });
    await ramp.observe(turns(9));
    expect(await ramp.status()).toMatchObject({ stage: 1, share: 0.9, stages: [0.5, 0.9] });
    const keys = Array.from({ length: 10_000 }, (_, i) => `user-${i}`);
    const held = keys.filter((key) => ramp.assign(key).variant === "baseline").length;
    expect(Math.abs(held - 1000)).toBeLessThan(5 * Math.sqrt(10_000 * 0.1 * 0.9));
    await ramp.observe(turns(1, {}, "one"));
    expect((await ramp.status()).pairs).toBe(9);
    await ramp.observe(Array.from({ length: 9 }, (_, i) => ({ id: `c${i}`, release: "v2", score: 1 })));
    expect(await ramp.status()).toMatchObject({ state: "promoted", pairs: 10 });
  });
});
