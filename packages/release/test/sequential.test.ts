import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { provableMargin, type ScoredPair, type SequentialState, sequential } from "../src/index.ts";
import { createRandom } from "../src/random.ts";
import { scenarioPairs } from "../src/scenario.ts";

const pairOf = (difference: number, i: number): ScoredPair => ({
  caseId: `q${i}`,
  candidate: Math.max(0, difference),
  baseline: Math.max(0, -difference),
});

function after(gate: ReturnType<typeof sequential>, differences: readonly number[]): SequentialState {
  return differences.map(pairOf).reduce(gate.push, gate.init());
}

const verdictOf = (differences: readonly number[], done = true, gate = sequential()) =>
  gate.decide(after(gate, differences), { done, cases: differences.length, scored: differences.length })
    ?.verdict;

describe("sequential", () => {
  it("rolls back on the sixth failure in a row, and promotes nothing that small a number could", () => {
    expect(verdictOf(new Array(5).fill(-1), false)).toBeUndefined();
    expect(verdictOf(new Array(6).fill(-1), false)).toBe("rollback");
    expect(verdictOf(new Array(5).fill(0))).toBe("hold");
  });

  it("promotes once as many equal cases as the plan says have shown the margin", () => {
    for (const margin of [0.02, 0.05, 0.1]) {
      const gate = sequential({ margin });
      let pairs = 1;
      while (provableMargin(pairs) > margin) pairs++;
      expect(gate.evidence?.(gate.init()).morePairs).toBe(pairs);
      expect(verdictOf(new Array(pairs - 1).fill(0), false, gate)).toBeUndefined();
      expect(verdictOf(new Array(pairs).fill(0), false, gate)).toBe("promote");
    }
  });

  it("stays with a rollback whatever comes later, and with a promotion until harm is shown", () => {
    const harmed = [...new Array(6).fill(-1), ...new Array(500).fill(1)];
    expect(verdictOf(harmed)).toBe("rollback");
    const fine = [...new Array(78).fill(0), ...new Array(500).fill(-0.001)];
    expect(verdictOf(fine)).toBe("promote");
    expect(verdictOf([...fine, ...new Array(500).fill(-1)])).toBe("rollback");
  });

  it("calls a loss below its tolerance no harm", () => {
    const small = new Array(800).fill(-0.04);
    expect(verdictOf(small)).toBe("rollback");
    expect(verdictOf(small, true, sequential({ tolerance: 0.045 }))).toBe("promote");
  });

  it("says how many more cases like those so far would decide, and that many do", () => {
    const unit = [0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const gate = sequential({ margin: 0.1 });
    const state = after(gate, [...unit, ...unit]);
    const decision = gate.decide(state, { done: true, cases: 40, scored: 40 });
    expect(decision?.verdict).toBe("hold");
    const more = gate.evidence?.(state).morePairs as number;
    expect(decision?.reason).toContain(`about ${more} more like these would decide`);
    expect(more).toBeGreaterThan(20);
    const units = Math.ceil((40 + more) / 20) + 1;
    const enough = after(gate, Array.from({ length: units }, () => unit).flat());
    expect(enough.decided).toBe("promote");
  });

  it("says so where no number of such cases would decide", () => {
    const gate = sequential({ margin: 0.05, tolerance: 0.05 });
    // A loss of exactly the margin: neither hypothesis is ever refuted.
    const state = after(gate, new Array(100).fill(-0.05));
    expect(gate.evidence?.(state).morePairs).toBeNull();
    expect(gate.decide(state, { done: true, cases: 100, scored: 100 })?.reason).toContain(
      "no number of cases like these would decide",
    );
  });

  it("holds where nothing was scored", () => {
    const gate = sequential();
    expect(gate.decide(gate.init(), { done: true, cases: 9, scored: 0 })).toMatchObject({
      verdict: "hold",
      reason: "no case was scored on both sides",
    });
    expect(gate.decide(gate.init(), { done: false, cases: 0, scored: 0 })).toBeUndefined();
  });

  it("gives an interval that holds the mean seen, agrees with its verdict, and narrows with evidence", () => {
    const difference = fc.constantFrom(-1, -0.5, -0.25, -0.1, 0, 0, 0, 0.1, 0.25, 0.5, 1);
    fc.assert(
      fc.property(fc.array(difference, { minLength: 1, maxLength: 120 }), (differences) => {
        const gate = sequential({ margin: 0.1 });
        const state = after(gate, differences);
        const { interval, eHarm, eNonInferiority } = gate.evidence?.(state) ?? {};
        if (!interval) throw new Error("no interval");
        const mean = state.sum / state.pairs;
        if (state.decided === null) {
          expect(interval.low).toBeLessThanOrEqual(mean + 1e-5);
          expect(interval.high).toBeGreaterThanOrEqual(mean - 1e-5);
          // What the interval rules out, the tests have refuted too: they are never the weaker.
          expect(interval.high >= 0 && interval.low <= -0.1).toBe(true);
        }
        if (state.decided === "rollback") expect(interval.high).toBeLessThanOrEqual(0);
        if (state.decided === "promote") expect(interval.low).toBeGreaterThanOrEqual(-0.1);
        expect(eHarm).toBeGreaterThanOrEqual(0);
        expect(eNonInferiority).toBeGreaterThanOrEqual(0);
      }),
    );
    const gate = sequential();
    const width = (pairs: number) => {
      const { interval } = gate.evidence?.(after(gate, new Array(pairs).fill(0))) ?? {};
      return (interval?.high ?? 1) - (interval?.low ?? -1);
    };
    expect(width(0)).toBe(2);
    expect(width(20)).toBeLessThan(width(10));
    expect(width(500)).toBeLessThan(0.05);
  });

  it("gives intervals that hold the true mean, all of a run's at once, in nine of ten runs", () => {
    const gate = sequential({ margin: 0.1 });
    for (const scenario of [{ delta: -0.05 }, { scores: "sparse", baseline: 0.8, delta: -0.08 }] as const) {
      let missed = 0;
      for (let seed = 1; seed <= 150; seed++) {
        const draw = scenarioPairs(scenario, createRandom(seed));
        let state = gate.init();
        let holds = true;
        for (let look = 1; look <= 300; look++) {
          state = gate.push(state, draw());
          if (look % 60 !== 0 && look !== 10 && look !== 30) continue;
          const { interval } = gate.evidence?.(state) ?? {};
          const { low = 1, high = -1 } = interval ?? {};
          if (scenario.delta < low - 1e-6 || scenario.delta > high + 1e-6) holds = false;
        }
        if (!holds) missed++;
      }
      expect(missed).toBeLessThanOrEqual(15);
    }
  });

  it("goes on from its state as JSON with the same bits", () => {
    const difference = fc.double({ min: -1, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.array(difference, { maxLength: 60 }), (differences) => {
        const gate = sequential();
        let restored = gate.init();
        for (const pair of differences.map(pairOf)) {
          restored = gate.push(JSON.parse(JSON.stringify(restored)), pair);
        }
        expect(restored).toEqual(after(gate, differences));
      }),
    );
  });

  it("is fair: whatever is still to come, no fixed bet gains on average while its hypothesis holds", () => {
    // One step of each process, averaged over a two-point distribution of the hypothesis's edge.
    const gate = sequential({ margin: 0.1, tolerance: 0.02 });
    fc.assert(
      fc.property(
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        fc.array(fc.constantFrom(-1, 0, 0.5), { maxLength: 20 }),
        (up, down, before) => {
          const state = after(gate, before);
          for (const [edge, key] of [
            [-0.02, "harm"],
            [-0.1, "nonInferiority"],
          ] as const) {
            const [high, low] = [Math.min(1, edge + up), Math.max(-1, edge - down)];
            const chance = (edge - low) / (high - low);
            const total = (stakes: readonly number[]) => stakes.reduce((sum, stake) => sum + stake, 0);
            const next = (difference: number) => total(gate.push(state, pairOf(difference, 0))[key]);
            const expected = chance * next(high) + (1 - chance) * next(low);
            expect(expected / total(state[key])).toBeCloseTo(1, 9);
          }
        },
      ),
    );
  });

  it("names itself with its settings, and refuses what is out of range", () => {
    expect(sequential().id).toBe("sequential(margin=0.05,alpha=0.05,beta=0.05,tolerance=0)");
    for (const options of [
      { margin: 0 },
      { margin: 1 },
      { alpha: 0 },
      { beta: 1 },
      { tolerance: -0.1 },
      { margin: 0.05, tolerance: 0.06 },
      { alpha: Number.NaN },
    ]) {
      expect(() => sequential(options), JSON.stringify(options)).toThrow(
        /expected above 0|expected 0 to 1|above the margin/,
      );
    }
  });
});
