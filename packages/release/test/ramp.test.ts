import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReleaseManager, type Observation, type RampOptions } from "../src/index.ts";
import { bench, codeOf, dump, interrupted, requests } from "./support.ts";

const plan: RampOptions = { stages: [0.1, 0.5, 1], minRequests: 4, breach: { minObservations: 2 } };

/** Both sides of a stage, with as many requests as `plan` waits for. */
function goodStage(stage: number): Observation[] {
  return [
    ...requests("v1", 4, { score: 0.9, latencyMs: 100, costUsd: 0.5 }, `base${stage}`),
    ...requests("v2", 4, { score: 1, latencyMs: 50 }, `cand${stage}`),
  ];
}

describe("ReleaseManager.ramp", () => {
  it("goes from stage to stage on evidence, and the last one's end promotes", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, by: "ana", why: "looks good" });
    expect(await ramp.status()).toMatchObject({
      state: "running",
      stage: 0,
      share: 0.1,
      exposed: 0,
      waitingFor: "requests",
    });
    expect((await manager.rollbackTarget())?.name).toBe("v1");

    await ramp.observe(goodStage(0));
    expect(await ramp.status()).toMatchObject({
      stage: 1,
      share: 0.5,
      exposed: 4,
      requests: 8,
      exposedShare: 0.5,
    });
    await ramp.observe(goodStage(1));
    expect(await ramp.status()).toMatchObject({ stage: 2, share: 1, exposed: 8 });
    expect(ramp.assign("anybody").release).toBe("v2");
    await ramp.observe(requests("v2", 3, { score: 1 }, "last"));
    expect((await manager.live())?.name).toBe("v1");
    await ramp.observe(requests("v2", 1, { score: 1 }, "very-last"));

    expect(await ramp.status()).toMatchObject({ state: "promoted", share: 1, exposed: 12, requests: 20 });
    expect((await manager.live())?.name).toBe("v2");
    expect((await manager.rollbackTarget())?.name).toBe("v1");
    expect(ramp.assign("anybody")).toMatchObject({ release: "v2", variant: "baseline" });
    expect(await manager.resumeRamp()).toBeUndefined();
    const events = await manager.history({ release: "v2", after: 3 });
    expect(events.map(({ type }) => type)).toEqual([
      "rampStarted",
      "rampAdvanced",
      "rampAdvanced",
      "promoted",
    ]);
    expect(events[0]).toMatchObject({ previous: "v1", by: "ana", why: "looks good" });
    expect(events[3]?.evidence).toMatchObject({ stage: 2, share: 1, exposed: 12, requests: 20 });
    expect((await manager.verifyAudit()).valid).toBe(true);
  });

  it("shows both sides of the current stage", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 100 });
    await ramp.observe([...goodStage(0), { id: "x", release: "v2", error: "timeout", score: null }]);
    const { candidate, baseline } = await ramp.status();
    expect(candidate).toEqual({
      release: "v2",
      requests: 5,
      errors: 1,
      scored: 4,
      meanScore: 1,
      meanLatencyMs: 50,
      costUsd: 0,
    });
    expect(baseline).toMatchObject({ release: "v1", requests: 4, errors: 0, meanScore: 0.9, costUsd: 2 });
  });

  it("takes a candidate whose errors rise to zero at once", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { stages: [0.999999, 1], breach: { minObservations: 10 } });
    await ramp.observe(requests("v1", 10, { error: false }));
    await ramp.observe(requests("v2", 9, { error: "timeout" }));
    expect((await ramp.status()).state).toBe("running");
    expect(ramp.assign("user").release).toBe("v2");
    expect(await ramp.observe(requests("v2", 5, { error: "timeout" }, "more"))).toEqual({
      counted: 1,
      duplicates: 0,
      ignored: 4,
    });
    expect(ramp.assign("user").release).toBe("v1");
    const status = await ramp.status();
    expect(status).toMatchObject({ state: "rolledBack", share: 0, stage: 0, exposed: 10 });
    expect(status.reason).toBe("the error rate 1 is above the baseline's 0 by more than 0.05");
    const [event] = await manager.history({ types: ["rampBreached"] });
    expect(event).toMatchObject({ release: "v2", previous: "v1", why: status.reason });
    expect((await manager.live())?.name).toBe("v1");
    expect(await manager.resumeRamp()).toBeUndefined();
  });

  it("takes a candidate whose scores fall to zero at once, and leaves the live release's rollback target", async () => {
    const { manager } = await bench({ promoted: 2 });
    const ramp = await manager.ramp("v3", plan);
    await ramp.observe(requests("v2", 2, { score: 0.9 }));
    await ramp.observe(requests("v3", 2, { score: 0.5 }));
    expect((await ramp.status()).reason).toBe(
      "the mean score 0.5 is below the baseline's 0.9 by more than 0.1",
    );
    expect((await manager.live())?.name).toBe("v2");
    expect((await manager.rollbackTarget())?.name).toBe("v1");
  });

  it.each<[string, number, number]>([
    ["0.1", 0.7, 0.8],
    ["0.1", 0.2, 0.3],
  ])("lets scores fall by exactly %s, from %d to %d", async (_, low, high) => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe([...requests("v1", 3, { score: high }), ...requests("v2", 3, { score: low })]);
    expect((await ramp.status()).state).toBe("running");
  });

  it("waits for both sides before it judges or goes on", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe(requests("v2", 50, { error: true }));
    expect(await ramp.status()).toMatchObject({ state: "running", stage: 0, waitingFor: "evidence" });
    await ramp.observe(requests("v1", 1));
    expect((await ramp.status()).state).toBe("running");
    await ramp.observe(requests("v1", 1, {}, "one-more"));
    expect((await ramp.status()).state).toBe("rolledBack");
  });

  it("waits for scores of both sides where one of them is scored", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe([...requests("v1", 4, { score: 1 }), ...requests("v2", 4, { score: null })]);
    expect(await ramp.status()).toMatchObject({ stage: 0, waitingFor: "evidence" });
  });

  it("goes on by errors alone where nothing is scored", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe([...requests("v1", 4), ...requests("v2", 4)]);
    expect((await ramp.status()).stage).toBe(1);
  });

  it("judges a stage by the baseline of the same stage, and at a share of 1 by that of the stage before", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, stages: [0.1, 0.5, 1] });
    // Everybody scores low while the first stage lasts: the candidate is no worse than its time.
    await ramp.observe([
      ...requests("v1", 4, { score: 0.5 }, "a"),
      ...requests("v2", 4, { score: 0.5 }, "b"),
    ]);
    await ramp.observe([...requests("v1", 4, { score: 1 }, "c"), ...requests("v2", 4, { score: 0.95 }, "d")]);
    expect(await ramp.status()).toMatchObject({ stage: 2, baseline: { requests: 4, meanScore: 1 } });
    await ramp.observe(requests("v2", 2, { score: 0.5 }, "e"));
    expect((await ramp.status()).reason).toContain("the mean score 0.5 is below the baseline's 1");
  });

  it("lets a stage last as long as it must", async () => {
    const { manager, clock } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minStageMs: 60_000 });
    await ramp.observe(goodStage(0));
    expect(await ramp.status()).toMatchObject({ stage: 0, waitingFor: "time" });
    await clock.advance(59_999);
    await ramp.observe(requests("v1", 1, { score: 1 }, "early"));
    expect((await ramp.status()).stage).toBe(0);
    await clock.advance(1);
    await ramp.observe(requests("v1", 1, { score: 1 }, "late"));
    expect(await ramp.status()).toMatchObject({ stage: 1, waitingFor: "requests" });
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
      { minRequests: 0 },
      { minStageMs: -1 },
      { breach: { maxErrorRateIncrease: 2 } },
      { breach: { maxScoreDrop: -1 } },
      { breach: { minObservations: 0.5 } },
    ];
    for (const unsound of plans) {
      expect(await codeOf(manager.ramp("v2", unsound))).toBe("ARGUMENT_INVALID");
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

  it("leaves the ids of a ramp alone that starts while it clears away those of earlier ones", async () => {
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
    expect(await ramp.status()).toMatchObject({
      state: "rolledBack",
      share: 0,
      reason: "complaints",
      exposed: 2,
    });
    expect(ramp.assign("user").release).toBe("v2");
    expect(await ramp.observe(requests("v3", 1, {}, "late"))).toEqual({
      counted: 0,
      duplicates: 0,
      ignored: 1,
    });
  });

  it("ends by a rollback to an earlier release too", async () => {
    const { manager } = await bench({ promoted: 2 });
    const ramp = await manager.ramp("v3", plan);
    expect(await manager.rollback({ to: "v1" })).toEqual({ moved: true, live: "v1", from: "v2" });
    expect((await ramp.status()).state).toBe("rolledBack");
  });
});

describe("Ramp.observe", () => {
  it("counts an id once, in one call or several, by one worker or another", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const other = await another().resumeRamp();
    const [one] = requests("v2", 1);
    expect(await ramp.observe([one, one] as Observation[])).toEqual({
      counted: 1,
      duplicates: 1,
      ignored: 0,
    });
    expect(await ramp.observe(one as Observation)).toEqual({ counted: 0, duplicates: 1, ignored: 0 });
    expect(await other?.observe(one as Observation)).toEqual({ counted: 0, duplicates: 1, ignored: 0 });
    expect((await ramp.status()).requests).toBe(1);
  });

  it("loses nothing and counts nothing twice when workers observe at once", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    await manager.ramp("v2", { ...plan, minRequests: 10_000 });
    const workers = await Promise.all(Array.from({ length: 4 }, () => another().resumeRamp()));
    const calls = workers.flatMap((worker, w) =>
      Array.from({ length: 50 }, (_, i) => [
        worker?.observe({ id: `own-${w}-${i}`, release: "v1", score: 0.5 }),
        worker?.observe({ id: `shared-${i}`, release: "v2", score: 1 }),
      ]).flat(),
    );
    const results = await Promise.all(calls);
    expect(results.reduce((sum, result) => sum + (result?.counted ?? 0), 0)).toBe(4 * 50 + 50);
    expect(await workers[0]?.status()).toMatchObject({
      requests: 250,
      exposed: 50,
      candidate: { meanScore: 1 },
      baseline: { meanScore: 0.5 },
    });
  });

  it("makes no difference how observations are batched", async () => {
    const observation = fc.record({
      id: fc.integer({ min: 0, max: 40 }).map(String),
      release: fc.constantFrom("v1", "v2", "v3"),
      score: fc.constantFrom(null, 0, 0.1, 0.7, 1),
      error: fc.boolean(),
      latencyMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(observation, { maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (all, size) => {
          const stores = [];
          for (const batch of [1, size, 100]) {
            const { manager, state } = await bench({ promoted: 1 });
            const breach = { minObservations: 2, maxScoreDrop: 0.5, maxErrorRateIncrease: 0.5 };
            const ramp = await manager.ramp("v2", { stages: [0.1, 0.5, 1], minRequests: 3, breach });
            for (let i = 0; i < all.length; i += batch) await ramp.observe(all.slice(i, i + batch));
            stores.push(await dump(state));
          }
          expect(stores[1]).toEqual(stores[0]);
          expect(stores[2]).toEqual(stores[0]);
        },
      ),
    );
  });

  it("takes more at once than one commit holds", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { minRequests: 10_000 });
    expect((await ramp.observe(requests("v2", 1000))).counted).toBe(1000);
    expect(await ramp.observe([])).toEqual({ counted: 0, duplicates: 0, ignored: 0 });
    expect((await ramp.status()).exposed).toBe(1000);
  });

  it.each<[string, Partial<Observation>]>([
    ["an empty id", { id: "" }],
    ["a score above 1", { score: 1.5 }],
    ["a score that is no number", { score: Number.NaN }],
    ["a negative latency", { latencyMs: -1 }],
    ["an endless cost", { costUsd: Number.POSITIVE_INFINITY }],
  ])("refuses %s, and counts nothing of the call", async (_, fault) => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const call = ramp.observe([
      { id: "good", release: "v2" },
      { id: "bad", release: "v2", ...fault },
    ]);
    expect(await codeOf(call)).toMatch(/^(ARGUMENT|ID)_INVALID$/);
    expect((await ramp.status()).requests).toBe(0);
  });

  it("ignores releases that are no part of the ramp", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    expect(await ramp.observe(requests("v3", 2))).toEqual({ counted: 0, duplicates: 0, ignored: 2 });
  });

  it("reports requests of the candidate whose key it should not have got", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { stages: [0.5, 1] });
    const keys = Array.from({ length: 200 }, (_, i) => `user-${i}`);
    const outside = keys.filter((key) => ramp.assign(key).variant === "baseline");
    await ramp.observe(keys.map((key) => ({ id: key, key, release: ramp.assign(key).release })));
    expect((await ramp.status()).misrouted).toBe(0);
    await ramp.observe(outside.slice(0, 7).map((key) => ({ id: `again-${key}`, key, release: "v2" })));
    expect((await ramp.status()).misrouted).toBe(7);
  });

  it("stores no error text and no key", async () => {
    const { manager, state } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe({ id: "r1", release: "v2", key: "someone@example.com", error: "quoted the document" });
    expect(JSON.stringify(await dump(state))).not.toMatch(/someone@|quoted/);
  });

  it("takes what still waits out when it is aborted, and nothing of other calls", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const controller = new AbortController();
    const { signal } = controller;
    const underWay = ramp.observe({ id: "under way", release: "v2" });
    const waiting = ramp.observe(requests("v2", 3), { signal });
    const other = ramp.observe({ id: "other", release: "v2" });
    controller.abort("enough");
    await expect(waiting).rejects.toBe("enough");
    expect(await underWay).toMatchObject({ counted: 1 });
    expect(await other).toMatchObject({ counted: 1 });
    expect((await ramp.status()).requests).toBe(2);
  });

  it("rejects at once when it is aborted under way, and settles when it is observed again", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const controller = new AbortController();
    const call = ramp.observe({ id: "r1", release: "v2" }, { signal: controller.signal });
    controller.abort("enough");
    await expect(call).rejects.toBe("enough");
    await ramp.observe({ id: "r1", release: "v2" });
    expect((await ramp.status()).requests).toBe(1);
  });

  it("counts nothing once a rollback has landed, also when it was decided before", async () => {
    const { manager, state, clock } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe(requests("v2", 1));
    const late = interrupted(state, "commit", () => manager.rollback());
    const worker = await createReleaseManager({ state: late, clock }).resumeRamp();
    expect(await worker?.observe(requests("v2", 2, {}, "late"))).toEqual({
      counted: 0,
      duplicates: 0,
      ignored: 2,
    });
    const [event] = await manager.history({ types: ["rolledBack"] });
    expect(event?.evidence).toMatchObject({ exposed: 1 });
    expect((await ramp.status()).exposed).toBe(1);
  });

  it("lets a breach beat a promotion by hand that was decided before", async () => {
    const { manager, state, clock } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const late = interrupted(state, "commit", () =>
      ramp.observe([...requests("v1", 2), ...requests("v2", 2, { error: true })]),
    );
    const operator = createReleaseManager({ state: late, clock });
    expect(await codeOf(operator.promote("v2"))).toBe("RELEASE_CONFLICT");
    expect((await ramp.status()).state).toBe("rolledBack");
    expect((await manager.live())?.name).toBe("v1");
  });
});

describe("ReleaseManager.resumeRamp", () => {
  it("goes on with the evidence of before a restart", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe(goodStage(0).slice(0, 7));
    const before = await ramp.status();
    const resumed = await another().resumeRamp();
    expect(await resumed?.status()).toEqual(before);
    expect(resumed?.assign("user-1")).toEqual(ramp.assign("user-1"));
    expect(await resumed?.observe(goodStage(0))).toEqual({ counted: 1, duplicates: 7, ignored: 0 });
    expect((await resumed?.status())?.stage).toBe(1);
  });

  it("has nothing to go on with where no ramp is under way", async () => {
    const { manager } = await bench({ promoted: 1 });
    expect(await manager.resumeRamp()).toBeUndefined();
  });

  it("forgets the ids of a ramp that is over when the next one starts, and nothing else", async () => {
    const { manager, state } = await bench({ promoted: 1 });
    const first = await manager.ramp("v2", { minRequests: 10_000 });
    await first.observe(requests("v2", 1200));
    await manager.rollback();
    expect((await state.scan({ prefix: "release/default/seen/", limit: 5000 })).length).toBe(1200);
    const second = await manager.ramp("v3");
    await second.observe(requests("v3", 3));
    expect((await state.scan({ prefix: "release/default/seen/", limit: 5000 })).length).toBe(3);
    expect(await manager.ramp("v3").then((joined) => joined.observe(requests("v3", 3)))).toMatchObject({
      duplicates: 3,
    });
    expect(await first.status()).toMatchObject({ state: "rolledBack", exposed: 1200 });
  });
});
