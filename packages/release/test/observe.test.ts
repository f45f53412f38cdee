import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createReleaseManager, type Observation, type RampOptions } from "../src/index.ts";
import { bench, codeOf, dump, interrupted, requests, turns } from "./support.ts";

const plan: RampOptions = {
  stages: [
    { share: 0.45, margin: 0.9 },
    { share: 0.5, margin: 0.9 },
  ],
  minRequests: 4,
};

describe("Ramp.observe", () => {
  it("counts an id once, in one call or several, by one worker or another", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const other = await another().resumeRamp();
    const one: Observation = { id: "r", release: "v2", score: 1 };
    expect(await ramp.observe([one, one])).toEqual({ counted: 1, completed: 0, duplicates: 1, ignored: 0 });
    expect(await ramp.observe(one)).toMatchObject({ duplicates: 1 });
    expect(await other?.observe({ ...one, score: 0 })).toMatchObject({ duplicates: 1 });
    expect(await ramp.status()).toMatchObject({ requests: 1, candidate: { scored: 1, meanScore: 1 } });
  });

  it("takes a score that comes later, once, from any worker, with or without the key", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 100 });
    await ramp.observe([
      { id: "b", release: "v1", key: "ann", latencyMs: 7 },
      { id: "c", release: "v2", key: "bob", latencyMs: 9 },
    ]);
    expect(await ramp.status()).toMatchObject({ pairs: 0, candidate: { requests: 1, scored: 0 } });
    const other = await another().resumeRamp();
    const scores: Observation[] = [
      { id: "b", release: "v1", score: 1 },
      { id: "c", release: "v2", score: 0.5, key: "bob", error: true },
      { id: "c", release: "v2", score: 0.25 },
    ];
    expect(await other?.observe(scores)).toEqual({ counted: 0, completed: 2, duplicates: 1, ignored: 0 });
    const { pairs, requests: count, candidate } = await ramp.status();
    expect([pairs, count]).toEqual([1, 2]);
    expect(candidate).toMatchObject({ requests: 1, errors: 0, scored: 1, meanScore: 0.5 });
  });

  it("counts a late score for the stage in which the request was served", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    await ramp.observe([
      { id: "late-b", release: "v1" },
      { id: "late-c", release: "v2" },
    ]);
    await ramp.observe(turns(3));
    expect((await ramp.status()).stage).toBe(1);
    await ramp.observe([
      { id: "late-b", release: "v1", score: 1 },
      { id: "late-c", release: "v2", score: 1 },
    ]);
    expect(await ramp.status()).toMatchObject({ stage: 1, pairs: 4, candidate: { requests: 0, scored: 0 } });
  });

  it("lets a candidate go on by late scores alone, and takes it out by them", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const unscored = turns(30, { baseline: { score: undefined }, candidate: { score: undefined } });
    await ramp.observe(unscored);
    expect(await ramp.status()).toMatchObject({ stage: 0, waitingFor: "evidence" });
    const counts = await ramp.observe(
      unscored.map((one) => ({ ...one, score: one.release === "v2" ? 0 : 1 })),
    );
    expect((await ramp.status()).state).toBe("rolledBack");
    expect(counts.completed).toBeLessThan(40);
  });

  it("takes one request of a key in a stage as evidence, and counts them all", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 6 });
    const [ofLive, ofCandidate] = [{ key: "ann" }, { key: "bob", score: 0 }];
    await ramp.observe(turns(5, { baseline: ofLive, candidate: ofCandidate }));
    expect(await ramp.status()).toMatchObject({
      pairs: 1,
      requests: 10,
      candidate: { scored: 5, meanScore: 0 },
    });
    // Others are witnesses of their own.
    await ramp.observe(turns(1, { baseline: { key: "cy" }, candidate: { key: "di" } }, "others"));
    expect(await ramp.status()).toMatchObject({ pairs: 2 });
  });

  it("takes a key's first score where its first request has none", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 100 });
    const [ofLive, ofCandidate] = [{ key: "ann" }, { key: "bob" }];
    await ramp.observe(
      turns(1, { baseline: { ...ofLive, score: undefined }, candidate: ofCandidate }, "first"),
    );
    expect((await ramp.status()).pairs).toBe(0);
    await ramp.observe(turns(1, { baseline: ofLive, candidate: ofCandidate }, "second"));
    expect((await ramp.status()).pairs).toBe(1);
    expect(await ramp.observe({ id: "first-b0", release: "v1", score: 1 })).toMatchObject({ completed: 1 });
    expect((await ramp.status()).pairs).toBe(1);
  });

  it("lets a key be evidence again in the next stage", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const keyed = (prefix: string): Observation[] =>
      turns(4, {}, prefix).map((one, i) => ({ ...one, key: `user-${i}` }));
    await ramp.observe(keyed("first"));
    await ramp.observe(keyed("second").slice(0, 6));
    expect(await ramp.status()).toMatchObject({ stage: 1, pairs: 7 });
  });

  it("takes an answer without a score as missing, never as 0", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 1000 });
    await ramp.observe(turns(5, { candidate: { score: null } }));
    const { pairs, candidate, guards } = await ramp.status();
    expect([pairs, candidate.meanScore]).toEqual([0, null]);
    expect(guards.find(({ id }) => id === "missing-scores")?.eValue).toBeGreaterThan(5);
    await ramp.observe(turns(50, { candidate: { score: null } }, "more"));
    expect(await ramp.status()).toMatchObject({ state: "running", paused: { guard: "missing-scores" } });
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
    const observation = fc.record(
      {
        id: fc.integer({ min: 0, max: 60 }).map(String),
        release: fc.constantFrom("v1", "v2", "v3"),
        key: fc.constantFrom("ann", "bob", "cy", "di", "ed"),
        score: fc.constantFrom(null, 0, 0.1, 0.7, 1),
        error: fc.boolean(),
        latencyMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
      },
      { requiredKeys: ["id", "release"] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(observation, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        async (all, size) => {
          const stores = [];
          for (const batch of [1, size, 100]) {
            const { manager, state } = await bench({ promoted: 1 });
            const ramp = await manager.ramp("v2", { ...plan, minRequests: 3, budget: { maxExposed: 25 } });
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
    expect((await ramp.status()).exposed).toBe(1000);
  });

  it.each<[string, Partial<Observation>]>([
    ["an empty id", { id: "" }],
    ["a score above 1", { score: 1.5 }],
    ["a score that is no number", { score: Number.NaN }],
    ["a negative latency", { latencyMs: -1 }],
    ["an endless cost", { costUsd: Number.POSITIVE_INFINITY }],
    ["a shadow's score below 0", { shadow: { score: -1 } }],
    ["a score in text", { score: "0.5" as never }],
    ["a latency beyond all measure", { latencyMs: Number.MAX_VALUE }],
    ["a latency of null", { latencyMs: null as never }],
    ["a cost in text", { costUsd: "3" as never }],
    ["an error of null", { error: null as never }],
    ["a key that is a number", { key: 7 as never }],
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
    expect(await ramp.observe(requests("v3", 2))).toMatchObject({ counted: 0, ignored: 2 });
  });

  it("reports requests of the candidate whose key it should not have got", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { stages: [0.5] });
    const keys = Array.from({ length: 200 }, (_, i) => `user-${i}`);
    const outside = keys.filter((key) => ramp.assign(key).variant === "baseline");
    await ramp.observe(keys.map((key) => ({ id: key, key, release: ramp.assign(key).release })));
    expect((await ramp.status()).misrouted).toBe(0);
    await ramp.observe(outside.slice(0, 7).map((key) => ({ id: `again-${key}`, key, release: "v2" })));
    expect((await ramp.status()).misrouted).toBe(7);
  });

  it("pauses when the candidate does not get its share of the keys", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { stages: [0.5], minRequests: 10_000 });
    const { stage } = ramp.assign("user");
    const lost = (i: number): Observation => ({
      id: `r${i}`,
      key: `user-${i}`,
      release: "v1",
      stage,
      score: 1,
    });
    await ramp.observe(Array.from({ length: 40 }, (_, i) => lost(i)));
    const { state, paused } = await ramp.status();
    expect([state, paused?.guard]).toEqual(["running", "sample-ratio"]);
  });

  it("takes a request for one of the stage it was assigned in, though the ramp has gone on since", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", plan);
    const { stage } = ramp.assign("user");
    await ramp.observe(turns(4));
    expect((await ramp.status()).stage).toBe(1);
    await ramp.observe([
      { id: "b", release: "v1", stage, score: 1 },
      { id: "c", release: "v2", stage, score: 1 },
    ]);
    expect(await ramp.status()).toMatchObject({ stage: 1, pairs: 5, exposed: 5, candidate: { requests: 0 } });
    expect(ramp.assign("user").stage).not.toBe(stage);
    expect(ramp.assign().stage).toBeUndefined();
    await manager.rollback();
    const again = await manager.ramp("v2", plan);
    expect(await again.observe({ id: "old", release: "v1", stage })).toMatchObject({ ignored: 1 });
    expect(await again.observe({ id: "odd", release: "v1", stage: "next week" })).toMatchObject({
      ignored: 1,
    });
  });

  it("keeps the sample ratio while stages change under a stream of requests of the same users", async () => {
    for (const prompt of ["a", "b", "c", "d"]) {
      const { manager } = await bench({ promoted: 1 });
      await manager.register("next", { prompt, model: "m" });
      const stages = [0.05, 0.2, 0.5].map((share) => ({ share, margin: 0.9 }));
      const ramp = await manager.ramp("next", { stages, minRequests: 20 });
      for (let sent = 0; (await ramp.status()).state === "running" && sent < 4000; sent += 100) {
        // All are assigned before the first is heard of.
        const batch = Array.from({ length: 100 }, (_, i) => {
          const key = `user-${((sent + i) * 7919) % 1000}`;
          const { release, stage } = ramp.assign(key);
          return { id: `r${sent + i}`, key, release, stage, score: 1 };
        });
        await ramp.observe(batch);
      }
      const { state, guards } = await ramp.status();
      expect([prompt, state]).toEqual([prompt, "promoted"]);
      expect(guards.find(({ id }) => id === "sample-ratio")?.eValue).toBeLessThan(100);
    }
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
    const underWay = ramp.observe({ id: "under way", release: "v2" });
    const waiting = ramp.observe(requests("v2", 3), { signal: controller.signal });
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
    expect(await worker?.observe(requests("v2", 2, {}, "late"))).toMatchObject({ counted: 0, ignored: 2 });
    const [event] = await manager.history({ types: ["rolledBack"] });
    expect(event?.evidence).toMatchObject({ exposed: 1 });
    expect((await ramp.status()).exposed).toBe(1);
  });

  it("lets a breach beat a promotion by hand that was decided before", async () => {
    const { manager, state, clock } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { ...plan, minRequests: 1000 });
    const late = interrupted(state, "commit", () => ramp.observe(turns(60, { candidate: { score: 0 } })));
    const operator = createReleaseManager({ state: late, clock });
    expect(await codeOf(operator.promote("v2"))).toBe("RELEASE_CONFLICT");
    expect((await ramp.status()).state).toBe("rolledBack");
    expect((await manager.live())?.name).toBe("v1");
  });
});

describe("Ramp.shadow", () => {
  const shadowed: RampOptions = { ...plan, shadow: 0.2, minRequests: 20 };
  const copy = (id: string, shadow: Observation["shadow"], more: Partial<Observation> = {}): Observation => ({
    id,
    release: "v1",
    score: 1,
    shadow,
    ...more,
  });

  it("copies its share of the keys, and exposes nobody", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", shadowed);
    expect(await ramp.status()).toMatchObject({ stage: 0, stages: [0, 0.45, 0.5], share: 0 });
    const keys = Array.from({ length: 10_000 }, (_, i) => `user-${i}`);
    const copied = keys.filter((key) => ramp.shadow(key)?.release === "v2");
    expect(Math.abs(copied.length - 2000)).toBeLessThan(5 * Math.sqrt(10_000 * 0.2 * 0.8));
    expect(keys.every((key) => ramp.assign(key).release === "v1")).toBe(true);
    expect(ramp.shadow()).toBeUndefined();
    await manager.rollback();
    expect(keys.some((key) => ramp.shadow(key))).toBe(false);
  });

  it("goes on to the first share by pairs, which stay evidence, and copies nothing from then on", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", shadowed);
    const key = Array.from({ length: 100 }, (_, i) => `user-${i}`).find((one) => ramp.shadow(one)) as string;
    for (let i = 0; i < 20; i++) await ramp.observe(copy(`r${i}`, { score: 1, costUsd: 0.5 }));
    expect(await ramp.status()).toMatchObject({ stage: 1, share: 0.45, pairs: 20, exposed: 0, requests: 20 });
    expect(ramp.shadow(key)).toBeUndefined();
    expect(await ramp.observe(copy("behind", { score: 0 }))).toMatchObject({ counted: 1 });
    expect(await ramp.status()).toMatchObject({ pairs: 20, candidate: { requests: 0 } });
  });

  it("takes a candidate out before it met anybody", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", shadowed);
    for (let i = 0; i < 19; i++) await ramp.observe(copy(`r${i}`, { score: 0 }));
    expect(await ramp.status()).toMatchObject({ state: "rolledBack", exposed: 0 });
  });

  it("takes one pair of a key, and no live answer of a candidate that serves nobody", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", shadowed);
    await ramp.observe([copy("a", { score: 1 }, { key: "ann" }), copy("b", { score: 1 }, { key: "ann" })]);
    await ramp.observe(turns(5));
    expect(await ramp.status()).toMatchObject({
      pairs: 1,
      exposed: 5,
      requests: 12,
      candidate: { requests: 7 },
    });
  });
});
