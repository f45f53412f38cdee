import type { StateStore } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Assignment, createReleaseManager, murmur3, type Router } from "../src/index.ts";
import { seedOf, thresholdOf } from "../src/routing.ts";
import { bench, bundleOf, codeOf, requests } from "./support.ts";

const keyShapes: Record<string, (i: number) => string> = {
  sequential: (i) => `user-${i}`,
  numeric: (i) => String(i),
  "uuid-like": (i) => {
    const hex = (seed: number): string => murmur3(String(i), seed).toString(16).padStart(8, "0");
    return `${hex(1)}-${hex(2).slice(0, 4)}-4${hex(3).slice(0, 3)}-8${hex(4).slice(0, 3)}-${hex(5)}${hex(6).slice(0, 4)}`;
  },
  email: (i) => `person.${i}@example.com`,
  "not Latin": (i) => `用户-${i}-é🛶`,
};

/** How far counts are from even, in standard deviations of chi-square. */
function unevenness(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  return (chiSquare - freedom) / Math.sqrt(2 * freedom);
}

describe("Router.assign", () => {
  it.each(Object.keys(keyShapes))("spreads %s keys evenly over the shares", (shape) => {
    const keys = Array.from({ length: 100_000 }, (_, i) => (keyShapes[shape] as (i: number) => string)(i));
    for (const prompt of ["v1", "v2", "v3"]) {
      const seed = murmur3(prompt, 7);
      const hundred = new Array<number>(100).fill(0);
      const thousand = new Array<number>(1000).fill(0);
      for (const key of keys) {
        const part = murmur3(key, seed) / 2 ** 32;
        (hundred[Math.floor(part * 100)] as number)++;
        (thousand[Math.floor(part * 1000)] as number)++;
      }
      for (const counts of [hundred, thousand]) expect(Math.abs(unevenness(counts))).toBeLessThan(3);
    }
  });

  it("never takes the candidate from a key when the share grows, and gives everybody at 1 and nobody at 0", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(), share, share, (key, seed, a, b) => {
        const isIn = (at: number): boolean => murmur3(key, seed) < thresholdOf(at);
        if (isIn(Math.min(a, b))) expect(isIn(Math.max(a, b))).toBe(true);
        expect([isIn(0), isIn(1)]).toEqual([false, true]);
      }),
      { numRuns: 300 },
    );
    expect(thresholdOf(Number.MIN_VALUE)).toBe(1);
  });

  it("gives a ramp's candidate its share of the keys, the same ones every time and in every process", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { stages: [0.1, 1] });
    const routers = [await another().router(), await manager.router()];
    let exposed = 0;
    for (let i = 0; i < 20_000; i++) {
      const { variant } = ramp.assign(`user-${i}`);
      if (variant === "candidate") exposed++;
      for (const router of routers) expect(router.assign(`user-${i}`).variant).toBe(variant);
    }
    // 10%, within five standard deviations.
    expect(Math.abs(exposed - 2000)).toBeLessThan(5 * Math.sqrt(20_000 * 0.1 * 0.9));
    for (const router of routers) router.close();
  });

  it("shows different candidates to different keys first", async () => {
    const met: Set<string>[] = [];
    const { manager } = await bench({ promoted: 1 });
    for (const candidate of ["v2", "v3"]) {
      const ramp = await manager.ramp(candidate, { stages: [0.1, 1] });
      const keys = Array.from({ length: 20_000 }, (_, i) => `user-${i}`);
      met.push(new Set(keys.filter((key) => ramp.assign(key).variant === "candidate")));
      await manager.rollback();
    }
    const [first, second] = met as [Set<string>, Set<string>];
    const both = [...first].filter((key) => second.has(key)).length;
    // Independent shares of 10% meet in 1% of the keys.
    expect(Math.abs(both - 200)).toBeLessThan(5 * Math.sqrt(20_000 * 0.01 * 0.99));
    expect(seedOf("ffffffff00")).toBe(0xffffffff);
  });

  it("sends requests without a key to the live release", async () => {
    const { manager } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { stages: [0.999999, 1] });
    expect(ramp.assign("anybody").release).toBe("v2");
    expect(ramp.assign().release).toBe("v1");
  });

  it("gives a request the frozen bundle itself, which nothing that happens later changes", async () => {
    const { manager } = await bench({ promoted: 1 });
    const router = await manager.router();
    const pinned: Assignment = router.assign("user");
    expect(pinned).toEqual({
      release: "v1",
      bundleId: (await manager.get("v1"))?.bundleId,
      bundle: bundleOf("v1"),
      variant: "baseline",
    });
    await manager.promote("v2");
    expect(router.assign("user").release).toBe("v2");
    expect(pinned.bundle).toEqual(bundleOf("v1"));
    expect(Object.isFrozen(pinned) && Object.isFrozen(pinned.bundle)).toBe(true);
    router.close();
  });

  it("finds again by its name what a request began with, in another process too", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const [here, there] = [await manager.router(), await another().router()];
    const begun = here.assign("user");
    await manager.ramp("v3");
    await manager.promote("v3");
    expect(await here.pin(begun.release)).toEqual(begun);
    expect(await there.pin("v1")).toEqual(begun);
    expect(await there.pin("v3")).toBe(there.assign("user"));
    expect(await codeOf(there.pin("v9"))).toBe("RELEASE_NOT_FOUND");
    await expect(there.pin("v1", { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    here.close();
    there.close();
  });

  it("makes nothing new for a request", async () => {
    const { manager } = await bench({ promoted: 1 });
    const router = await manager.router();
    expect(router.assign("a")).toBe(router.assign("b"));
    router.close();
  });

  it("refuses to assign while nothing is live", async () => {
    const { manager } = await bench();
    const router = await manager.router();
    expect(() => router.assign("user")).toThrow("no release is live");
    await manager.promote("v1");
    expect(router.assign("user").release).toBe("v1");
    router.close();
  });
});

describe("ReleaseManager.router", () => {
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };

  it("follows other processes where the store can be watched, until it is closed", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const router = await manager.router();
    const operator = another();
    await operator.promote("v2");
    await turns();
    expect(router.assign().release).toBe("v2");
    router.close();
    await operator.promote("v3");
    await turns();
    expect(router.assign().release).toBe("v2");
    await router.refresh();
    expect(router.assign().release).toBe("v3");
  });

  it("follows by refresh where the store cannot be watched", async () => {
    const { state, another } = await bench({ promoted: 1 });
    const { get, scan, commit } = state;
    const manager = createReleaseManager({ state: { get, scan, commit } });
    const router = await manager.router();
    await another().promote("v2");
    await turns();
    expect(router.assign().release).toBe("v1");
    await router.refresh();
    expect(router.assign().release).toBe("v2");
    router.close();
  });

  it("reports a read that failed in the background, and goes on with what it knows", async () => {
    const { state, another } = await bench({ promoted: 1 });
    let failing = false;
    const failure = new Error("no connection");
    const flaky: StateStore = {
      ...state,
      get: (keys, options) => (failing ? Promise.reject(failure) : state.get(keys, options)),
    };
    const errors: unknown[] = [];
    const router = await createReleaseManager({ state: flaky }).router({
      onError: (error) => errors.push(error),
    });
    failing = true;
    await another().promote("v2");
    await turns();
    expect(errors).toEqual([failure]);
    expect(router.assign().release).toBe("v1");
    failing = false;
    await another().promote("v3");
    await turns();
    expect(router.assign().release).toBe("v3");
    router.close();
  });

  it("stops watching when it cannot begin", async () => {
    const { state } = await bench({ promoted: 1 });
    let watching = 0;
    const broken: StateStore = {
      ...state,
      get: () => Promise.reject(new Error("no connection")),
      watch: () => {
        watching++;
        return () => {
          watching--;
        };
      },
    };
    await expect(createReleaseManager({ state: broken }).router()).rejects.toThrow("no connection");
    expect(watching).toBe(0);
  });

  it("never goes back to an older state of the record, in whatever order answers arrive", async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (s) => {
        const { state, manager } = await bench({ promoted: 1 });
        // Answers are read at once and arrive in any order.
        const late: StateStore = {
          ...state,
          get: async (keys, options) => {
            const entries = await state.get(keys, options);
            await s.schedule(Promise.resolve(), "answer");
            return entries;
          },
        };
        const reader = createReleaseManager({
          state: { get: late.get, scan: late.scan, commit: late.commit },
        });
        const router: Router = await s.waitFor(reader.router());
        const reads = [router.refresh()];
        await manager.promote("v2");
        reads.push(router.refresh());
        await manager.promote("v3");
        reads.push(router.refresh());
        await s.waitFor(Promise.all(reads));
        expect(router.assign().release).toBe("v3");
      }),
    );
  });

  it("drops a candidate at once when its ramp is over, before what it needs next is loaded", async () => {
    const { state, another, manager: operator } = await bench({ promoted: 2 });
    let failing = false;
    const flaky: StateStore = {
      ...state,
      get: (keys, options) =>
        failing && keys[0]?.includes("/releases/")
          ? Promise.reject(new Error("no connection"))
          : state.get(keys, options),
    };
    const manager = createReleaseManager({
      state: { get: flaky.get, scan: flaky.scan, commit: flaky.commit },
    });
    await another().ramp("v3", { stages: [0.999999, 1] });
    const router = await manager.router();
    expect(router.assign("user").release).toBe("v3");
    await operator.rollback({ to: "v1" });
    failing = true;
    await expect(router.refresh()).rejects.toThrow("no connection");
    expect(router.assign("user").release).toBe("v2");
    failing = false;
    await router.refresh();
    expect(router.assign("user").release).toBe("v1");
  });

  it("is not needed to ramp: a ramp's handle assigns by what it observed last", async () => {
    const { manager, another } = await bench({ promoted: 1 });
    const ramp = await manager.ramp("v2", { stages: [0.999999, 1] });
    await another().rollback();
    expect(ramp.assign("user").release).toBe("v2");
    expect(await ramp.observe(requests("v2", 1))).toMatchObject({ ignored: 1 });
    expect(ramp.assign("user").release).toBe("v1");
  });
});

describe("a router's lease", () => {
  /** A store that can be cut off, or left hanging. */
  const cuttable = (
    state: StateStore,
  ): { state: StateStore; cut: (how: "off" | "hanging" | undefined) => void } => {
    let broken: "off" | "hanging" | undefined;
    const through = async <T>(call: () => T | PromiseLike<T>): Promise<T> => {
      if (broken === "off") throw new Error("no connection");
      if (broken === "hanging") return new Promise<T>(() => {});
      return call();
    };
    return {
      cut: (how) => {
        broken = how;
      },
      state: {
        get: (keys, options) => through(() => state.get(keys, options)),
        scan: (options) => through(() => state.scan(options)),
        commit: (changes, options) => through(() => state.commit(changes, options)),
      },
    };
  };

  it.each(["off", "hanging"] as const)(
    "takes everybody to live once the store has been %s for it",
    async (how) => {
      const { state: sound, clock, manager: operator } = await bench({ promoted: 1 });
      await operator.ramp("v2", { stages: [0.999999] });
      const { state, cut } = cuttable(sound);
      const errors: unknown[] = [];
      const manager = createReleaseManager({ state, clock, leaseMs: 3000 });
      const router = await manager.router({ onError: (error) => errors.push(error) });
      await clock.advance(60_000);
      expect(router.assign("user").release).toBe("v2");
      cut(how);
      await operator.rollback();
      await clock.advance(2000);
      expect(router.assign("user").release).toBe("v2");
      await clock.advance(1001);
      expect(router.assign("user").release).toBe("v1");
      expect(errors.length > 0).toBe(how === "off");
      cut(undefined);
      await router.refresh();
      expect(router.assign("user").release).toBe("v1");
      await operator.ramp("v2", { stages: [0.999999] });
      await router.refresh();
      expect(router.assign("user").release).toBe("v2");
      router.close();
    },
  );

  it("is renewed by whatever reads or writes the record, and follows a store that can't be watched", async () => {
    const { state, clock, manager: operator } = await bench({ promoted: 1 });
    const { get, scan, commit } = state;
    const manager = createReleaseManager({ state: { get, scan, commit }, clock, leaseMs: 3000 });
    const router = await manager.router();
    await operator.ramp("v2", { stages: [0.999999] });
    expect(router.assign("user").release).toBe("v1");
    await clock.advance(1000);
    expect(router.assign("user").release).toBe("v2");
    router.close();
    await clock.advance(3001);
    expect(router.assign("user").release).toBe("v1");
    const ramp = await manager.resumeRamp();
    expect(router.assign("user").release).toBe("v2");
    await clock.advance(2500);
    await ramp?.observe({ id: "r", release: "v1" });
    await clock.advance(2500);
    expect(ramp?.assign("user").release).toBe("v2");
  });

  it("runs from when a read was asked for, not from when it was answered", async () => {
    const { state, clock, manager: operator } = await bench({ promoted: 1 });
    await operator.ramp("v2", { stages: [0.999999] });
    const slow: StateStore = {
      commit: state.commit,
      scan: state.scan,
      get: async (keys, options) => {
        const entries = await state.get(keys, options);
        await clock.sleep(2000);
        return entries;
      },
    };
    const opening = createReleaseManager({ state: slow, clock, leaseMs: 3000 }).router();
    await clock.advance(4000);
    const router = await opening;
    expect(router.assign("user").release).toBe("v1");
    router.close();
  });

  it("asks nobody any more once the router is closed", async () => {
    const { state, clock } = await bench({ promoted: 1 });
    let reads = 0;
    const counting: StateStore = {
      ...state,
      get: (keys, options) => {
        reads++;
        return state.get(keys, options);
      },
    };
    const router = await createReleaseManager({ state: counting, clock, leaseMs: 3000 }).router();
    await clock.advance(3000);
    const before = reads;
    expect(before).toBeGreaterThan(3);
    router.close();
    await clock.advance(60_000);
    expect(reads).toBe(before);
  });
});
