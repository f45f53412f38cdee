import type { Json } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fixedPaired,
  type Gate,
  type GateDecision,
  mannWhitney,
  pointEstimate,
  provableMargin,
} from "../src/index.ts";

function decide<State extends Json>(
  gate: Gate<State>,
  scores: readonly (readonly [number, number])[],
): GateDecision | undefined {
  const pairs = scores.map(([candidate, baseline], i) => ({ caseId: `q${i}`, candidate, baseline }));
  const state = pairs.reduce<State>((before, pair) => gate.push(before, pair), gate.init());
  return gate.decide(state, { done: true, cases: pairs.length, scored: pairs.length });
}

const verdictOf = (tolerance: number, ...scores: [number, number][]) =>
  decide(pointEstimate({ tolerance }), scores)?.verdict;

describe("pointEstimate", () => {
  it("promotes a candidate that is as good or better, and rolls back a worse one", () => {
    expect(verdictOf(0, [1, 1], [1, 1])).toBe("promote");
    expect(verdictOf(0, [1, 0.5], [0.5, 0.5])).toBe("promote");
    expect(verdictOf(0, [0.4, 1])).toBe("rollback");
  });

  it("lets the mean fall by the tolerance and no further", () => {
    expect(verdictOf(0.1, [0.7, 0.8])).toBe("promote");
    expect(verdictOf(0.1, [0.2, 0.3])).toBe("promote");
    expect(verdictOf(0.1, [0.699, 0.8])).toBe("rollback");
    expect(verdictOf(1, [0, 1])).toBe("promote");
  });

  it("takes an exact tie for one whatever the order the scores add up in", () => {
    expect(verdictOf(0, [0.1, 0.3], [0.2, 0.2], [0.3, 0.1])).toBe("promote");
    const tenths = fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(tenths, fc.infiniteStream(fc.nat()), (scores, keys) => {
        const shuffled = scores
          .map((score) => ({ score, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key);
        const pairs = scores.map((score, i): [number, number] => [
          score / 10,
          (shuffled[i]?.score ?? 0) / 10,
        ]);
        expect(verdictOf(0, ...pairs)).toBe("promote");
      }),
    );
  });

  it("holds where nothing was scored", () => {
    expect(verdictOf(0)).toBe("hold");
  });

  it("sees all cases before it decides", () => {
    const gate = pointEstimate();
    const state = gate.push(gate.init(), { caseId: "a", candidate: 0, baseline: 1 });
    expect(gate.decide(state, { done: false, cases: 1, scored: 1 })).toBeUndefined();
  });

  it("says in its report what so few cases can prove", () => {
    const decision = decide(pointEstimate(), [
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(decision?.report).toEqual({ tolerance: 0, provableMargin: provableMargin(5) });
    expect(decision?.reason).toBe(
      "the candidate's mean 1 is not below the baseline's 1 by more than 0; 5 scored cases can prove no margin below 55 points",
    );
  });

  it("keeps a state that survives JSON, and leaves the state it is given alone", () => {
    const gate = pointEstimate();
    const before = Object.freeze(gate.push(gate.init(), { caseId: "a", candidate: 0.1, baseline: 0.2 }));
    const after = gate.push(before, { caseId: "b", candidate: 0.2, baseline: 0.1 });
    const restored = gate.push(JSON.parse(JSON.stringify(before)), {
      caseId: "b",
      candidate: 0.2,
      baseline: 0.1,
    });
    expect(restored).toEqual(after);
  });

  it("names itself with its tolerance, and refuses one that is none", () => {
    expect(pointEstimate({ tolerance: 0.05 }).id).not.toBe(pointEstimate().id);
    for (const tolerance of [-0.1, 1.1, Number.NaN]) {
      expect(() => pointEstimate({ tolerance })).toThrow("expected 0 to 1");
    }
  });
});

describe("provableMargin", () => {
  it("gives the planned figures of small sets", () => {
    expect([5, 10, 20].map((pairs) => Math.ceil(100 * provableMargin(pairs)))).toEqual([55, 33, 19]);
  });

  it("agrees with how many identical cases the planning simulation needed", () => {
    // Identical on every item: 198, 78 and 38 cases prove margins of 2, 5 and 10 points, one fewer does not.
    for (const [pairs, margin] of [
      [198, 0.02],
      [78, 0.05],
      [38, 0.1],
    ] as const) {
      expect(provableMargin(pairs)).toBeLessThanOrEqual(margin);
      expect(provableMargin(pairs - 1)).toBeGreaterThan(margin);
    }
  });

  it("shrinks with every case and grows with the certainty asked for", () => {
    for (let pairs = 1; pairs < 300; pairs++) {
      expect(provableMargin(pairs + 1)).toBeLessThan(provableMargin(pairs));
      expect(provableMargin(pairs, 0.01)).toBeGreaterThan(provableMargin(pairs, 0.05));
    }
  });

  it("proves nothing without a case", () => {
    expect(provableMargin(0)).toBe(1);
    expect(provableMargin(1)).toBeLessThan(1);
  });
});

describe("fixedPaired", () => {
  const noisy = (count: number, loss: number) =>
    Array.from({ length: count }, (_, i): [number, number] => [
      0.7 - loss + (i % 5) * 0.05,
      0.7 + ((i + 2) % 5) * 0.05,
    ]);

  it("rolls back below 0, promotes above the margin, and holds between", () => {
    expect(decide(fixedPaired(), noisy(100, 0.1))?.verdict).toBe("rollback");
    expect(decide(fixedPaired(), noisy(100, 0))?.verdict).toBe("promote");
    expect(decide(fixedPaired({ margin: 0.02 }), noisy(30, 0.01))?.verdict).toBe("hold");
  });

  it("holds on fewer cases than its approximation is good for", () => {
    expect(decide(fixedPaired(), noisy(29, 0.5))).toMatchObject({
      verdict: "hold",
      reason: "29 scored cases are too few: 30 are needed",
    });
    expect(decide(fixedPaired({ minPairs: 5 }), noisy(29, 0.5))?.verdict).toBe("rollback");
  });

  it("decides after all cases, never before", () => {
    const gate = fixedPaired();
    expect(gate.decide(gate.init(), { done: false, cases: 99, scored: 99 })).toBeUndefined();
  });

  it("gives Student's interval", () => {
    // Differences of 1 to 5 tenths: mean 0.3, standard error 0.0707, t(0.95, 4) 2.132.
    const gate = fixedPaired({ minPairs: 5 });
    const state = [1, 2, 3, 4, 5]
      .map((tenths, i) => ({ caseId: `q${i}`, candidate: tenths / 10, baseline: 0 }))
      .reduce(gate.push, gate.init());
    const { interval } = gate.evidence?.(state) ?? {};
    expect(interval?.low).toBeCloseTo(0.3 - 2.132 * 0.07071, 2);
    expect(interval?.high).toBeCloseTo(0.3 + 2.132 * 0.07071, 2);
    expect(gate.evidence?.(gate.init()).interval).toBeNull();
  });

  it("refuses what is out of range", () => {
    for (const options of [{ margin: 0 }, { alpha: 1 }, { minPairs: 4 }]) {
      expect(() => fixedPaired(options)).toThrow("expected");
    }
  });
});

describe("mannWhitney", () => {
  it("agrees with the statistic by hand, ties and all", () => {
    // Ranks of the candidate 1.5, 1.5, 3.5, 5.5, 7.5 of ten: sum 19.5, 27.5 expected, variance 22.78 after ties.
    const decision = decide(mannWhitney({ minPairs: 5 }), [
      [0, 0.25],
      [0, 0.5],
      [0.25, 0.75],
      [0.5, 1],
      [0.75, 1],
    ]);
    expect(decision?.report?.z).toBeCloseTo((27.5 - 19.5) / Math.sqrt((25 / 12) * (11 - 30 / 90)), 10);
    expect(decision?.verdict).toBe("promote");
  });

  it("rolls back scores that rank lower, and promotes what it cannot tell apart", () => {
    const shifted = (loss: number) =>
      Array.from({ length: 60 }, (_, i): [number, number] => [
        (i % 10) / 20 + 0.4 - loss,
        (i % 10) / 20 + 0.4,
      ]);
    expect(decide(mannWhitney(), shifted(0.2))?.verdict).toBe("rollback");
    expect(decide(mannWhitney(), shifted(0))?.verdict).toBe("promote");
    expect(decide(mannWhitney(), new Array(60).fill([1, 1]))?.verdict).toBe("promote");
  });

  it("holds on few cases, and decides after all of them only", () => {
    expect(decide(mannWhitney(), [[0, 1]])?.verdict).toBe("hold");
    const gate = mannWhitney();
    expect(gate.decide(gate.init(), { done: false, cases: 99, scored: 99 })).toBeUndefined();
    expect(() => mannWhitney({ alpha: 0 })).toThrow("expected");
  });
});
