import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGuardSet } from "../src/guard-set.ts";
import {
  type Comparison,
  costGuard,
  errorGuard,
  type Guard,
  latencyGuard,
  metricGuard,
  missingGuard,
  type Sample,
  type SideTaken,
  sampleRatioGuard,
  scoreGuard,
} from "../src/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: any guard will do
type AnyGuard = Guard<any>;

const pair = (candidate: Sample, baseline: Sample): Comparison => ({
  candidate: [candidate],
  baseline: [baseline],
});

function evidenceAfter(guard: AnyGuard, comparisons: readonly Comparison[]) {
  return guard.evidence(comparisons.reduce(guard.push, guard.init()));
}

const times = (count: number, candidate: Sample, baseline: Sample) =>
  Array.from({ length: count }, () => pair(candidate, baseline));

describe("errorGuard", () => {
  it("finds a candidate that fails more often, and nothing where both fail alike", () => {
    expect(evidenceAfter(errorGuard(), times(9, { error: true }, { error: false })).eValue).toBeGreaterThan(
      100,
    );
    expect(evidenceAfter(errorGuard(), times(500, { error: true }, { error: true })).eValue).toBe(1);
    expect(evidenceAfter(errorGuard(), times(500, { error: false }, { error: true })).eValue).toBe(1);
  });

  it("lets the share of failures rise by its tolerance", () => {
    const mixed = Array.from({ length: 600 }, (_, i) => pair({ error: i % 20 === 0 }, { error: false }));
    expect(evidenceAfter(errorGuard(), mixed).eValue).toBeGreaterThan(20);
    expect(evidenceAfter(errorGuard({ tolerance: 0.1 }), mixed).eValue).toBeLessThan(2);
  });

  it("counts nothing where it is not known whether an answer failed", () => {
    const { eValue, report } = evidenceAfter(errorGuard(), times(50, { score: 0 }, { score: 1 }));
    expect([eValue, report.comparisons]).toEqual([1, 0]);
  });

  it("compares the means of blocks of any size", () => {
    const block: Comparison = {
      candidate: [{ error: true }, { error: false }],
      baseline: [{ error: false }, { error: false }, { error: true }, { error: false }],
    };
    expect(evidenceAfter(errorGuard(), [block]).report).toMatchObject({ candidate: 0.5, baseline: 0.25 });
  });
});

describe("missingGuard", () => {
  it("finds answers without a score, and holds", () => {
    const guard = missingGuard();
    expect(evidenceAfter(guard, times(9, { score: null }, { score: 0.5 })).eValue).toBeGreaterThan(100);
    expect(evidenceAfter(guard, times(9, { latencyMs: 1 }, { latencyMs: 1 })).eValue).toBe(1);
    expect(guard.onBreach).toBe("hold");
    expect(missingGuard({ onBreach: "rollback" }).onBreach).toBe("rollback");
  });
});

describe("scoreGuard", () => {
  it("finds a loss of the mean score, over those that have one", () => {
    const worse = evidenceAfter(scoreGuard(), times(40, { score: 0.4 }, { score: 1 }));
    expect(worse.eValue).toBeGreaterThan(1000);
    expect(worse.summary).toBe("0.6 against the baseline's 0, over 40 comparisons");
    expect(evidenceAfter(scoreGuard(), times(40, { score: null }, { score: 1 })).eValue).toBe(1);
  });
});

describe("metricGuard", () => {
  it("refuses a figure outside 0 to 1, with the guard's name", () => {
    const guard = metricGuard({ id: "length", worse: () => 240 });
    expect(() => evidenceAfter(guard, times(1, {}, {}))).toThrow(
      "length answers 240, expected null or 0 to 1",
    );
    expect(() => metricGuard({ id: "x", worse: () => 0, tolerance: 2 })).toThrow("expected 0 to 1");
  });
});

describe("latencyGuard", () => {
  const latency = (i: number) => 100 * Math.exp(0.5 * Math.sin(i * 12.9898) * 2);

  it("finds answers that are slower by more than the ratio, and leaves those within it", () => {
    const slower = (factor: number) =>
      Array.from({ length: 800 }, (_, i) =>
        pair({ latencyMs: factor * latency(i + 5000) }, { latencyMs: latency(i) }),
      );
    expect(evidenceAfter(latencyGuard({ ratio: 1.2 }), slower(2)).eValue).toBeGreaterThan(1000);
    expect(evidenceAfter(latencyGuard({ ratio: 1.2 }), slower(1.2)).eValue).toBeLessThan(20);
    expect(evidenceAfter(latencyGuard({ ratio: 1.2 }), slower(0.5)).eValue).toBe(1);
  });

  it("takes the limit from the baseline's answers before, the first 20 of which only calibrate it", () => {
    const guard = latencyGuard({ quantile: 0.5 });
    const same = times(20, { latencyMs: 10_000 }, { latencyMs: 100 });
    expect(evidenceAfter(guard, same).report).toMatchObject({ comparisons: 0 });
    const { report } = evidenceAfter(guard, [...same, ...same]);
    expect(report.comparisons).toBe(20);
    expect(report.limitMs).toBeGreaterThanOrEqual(100);
    expect(report.limitMs).toBeLessThan(105);
  });

  it("puts the limit where so many of the baseline's answers are below, to 5 %", () => {
    const latencies = fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), {
      minLength: 20,
      maxLength: 200,
    });
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.05, max: 0.99, noNaN: true }), (all, quantile) => {
        const comparisons = all.map((latencyMs) => pair({}, { latencyMs }));
        const { limitMs } = evidenceAfter(latencyGuard({ quantile }), comparisons).report;
        const sorted = [...all].sort((a, b) => a - b);
        const beyond = sorted.filter((latencyMs) => latencyMs > (limitMs as number) * (1 + 1e-9)).length;
        expect(beyond).toBeLessThanOrEqual((1 - quantile) * all.length + 1e-9);
        const tooLow = sorted.filter(
          (latencyMs) => latencyMs >= ((limitMs as number) / 1.05) * (1 - 1e-9),
        ).length;
        expect(tooLow).toBeGreaterThanOrEqual(Math.floor((1 - quantile) * all.length + 1e-9));
      }),
    );
  });

  it("copes with answers that took no time, or for ever", () => {
    const odd = [0, 0, 1e12, 0.001].flatMap((latencyMs) => times(10, { latencyMs }, { latencyMs }));
    const state = odd.reduce(latencyGuard().push, latencyGuard().init());
    expect(state.buckets.length).toBeLessThanOrEqual(405);
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it("refuses a ratio below 1 and a quantile that is none", () => {
    expect(() => latencyGuard({ ratio: 0.9 })).toThrow("at least 1");
    expect(() => latencyGuard({ quantile: 1 })).toThrow("above 0 and below 1");
  });
});

describe("costGuard", () => {
  it("finds a candidate that costs more than the ratio allows, and leaves one within it", () => {
    const cost = (factor: number) =>
      Array.from({ length: 300 }, (_, i) =>
        pair({ costUsd: (factor * (1 + (i % 7))) / 1000 }, { costUsd: (1 + ((i + 3) % 7)) / 1000 }),
      );
    expect(evidenceAfter(costGuard(), cost(1.6)).eValue).toBeGreaterThan(100);
    expect(evidenceAfter(costGuard(), cost(1)).eValue).toBeLessThan(2);
    expect(evidenceAfter(costGuard(), cost(1.6)).summary).toMatch(
      /^0\.00\d+ USD against the baseline's 0\.00\d+ USD/,
    );
  });

  it("finds any price where everything was free", () => {
    expect(evidenceAfter(costGuard(), times(30, { costUsd: 1e-6 }, { costUsd: 0 })).eValue).toBeGreaterThan(
      100,
    );
    expect(evidenceAfter(costGuard(), times(30, { costUsd: 0 }, { costUsd: 0 })).eValue).toBe(1);
  });

  it("is not carried away by one answer, however dear", () => {
    const usual = times(50, { costUsd: 0.01 }, { costUsd: 0.01 });
    const dear = evidenceAfter(costGuard(), [...usual, pair({ costUsd: 1e6 }, { costUsd: 0.01 })]);
    expect(dear.eValue).toBeLessThan(3);
  });
});

describe("sampleRatioGuard", () => {
  const requests = (count: number, share: number, taken: (i: number) => boolean): SideTaken[] =>
    Array.from({ length: count }, (_, i) => ({ variant: taken(i) ? "candidate" : "baseline", share }));
  const evidence = (sides: readonly SideTaken[]) => {
    const guard = sampleRatioGuard();
    return guard.evidence(
      sides.reduce((state, side) => guard.assigned?.(state, side) ?? state, guard.init()),
    );
  };

  it("finds requests that got lost on one side, over stages of different shares", () => {
    const honest = [...requests(1000, 0.1, (i) => i % 10 === 0), ...requests(1000, 0.5, (i) => i % 2 === 0)];
    expect(evidence(honest).eValue).toBeLessThan(2);
    expect(evidence(honest)).toMatchObject({
      summary: "the candidate has 600 of 2000 requests, 600 were to be expected",
    });
    const lossy = [...honest, ...requests(1500, 0.5, (i) => i % 5 < 2)];
    expect(evidence(lossy).eValue).toBeGreaterThan(1000);
  });

  it("takes a thousandth of alpha and holds", () => {
    expect(sampleRatioGuard()).toMatchObject({ alpha: 0.001, onBreach: "hold" });
  });
});

describe("createGuardSet", () => {
  it("shares alpha: own parts first, the rest evenly", () => {
    const set = createGuardSet(
      [errorGuard(), sampleRatioGuard(), scoreGuard({ alpha: 0.019 }), missingGuard()],
      0.05,
    );
    const alphas = set.reports(set.init()).map(({ alpha }) => alpha);
    expect(alphas.map((alpha) => Number(alpha.toFixed(6)))).toEqual([0.015, 0.001, 0.019, 0.015]);
    expect(alphas.reduce((sum, alpha) => sum + alpha)).toBeCloseTo(0.05, 12);
  });

  it("refuses parts that are more than the whole, and two of one id", () => {
    expect(() => createGuardSet([errorGuard({ alpha: 0.05 }), missingGuard()], 0.05)).toThrow("with nothing");
    expect(() => createGuardSet([errorGuard({ alpha: 0.06 })], 0.05)).toThrow("of an alpha of 0.05");
    expect(() => createGuardSet([errorGuard({ alpha: -1 })], 0.05)).toThrow("expected above 0");
    expect(() => createGuardSet([errorGuard(), errorGuard({ alpha: 0.01 })], 0.05)).toThrow("two of one id");
    expect(() => createGuardSet([], 0)).toThrow("expected above 0");
  });

  it("breaches once its part of alpha is reached, and by what rolls back first", () => {
    const set = createGuardSet([missingGuard(), errorGuard()], 0.05);
    const bad = pair({ score: null, error: true }, { score: 1, error: false });
    let state = set.init();
    for (let i = 0; i < 6; i++) state = set.push(state, bad);
    expect(set.breach(state)).toBeUndefined();
    for (let i = 0; i < 2; i++) state = set.push(state, bad);
    expect(set.breach(state)).toMatchObject({
      id: "errors",
      breached: true,
      onBreach: "rollback",
      alpha: 0.025,
    });
    expect(set.reports(state).map(({ breached }) => breached)).toEqual([true, true]);
  });

  it("stays breached, whatever comes later", () => {
    const set = createGuardSet([errorGuard()], 0.05);
    let state = set.init();
    for (const comparison of [
      ...times(7, { error: true }, { error: false }),
      ...times(500, { error: false }, { error: true }),
    ]) {
      state = set.push(state, comparison);
    }
    expect(set.breach(state)?.id).toBe("errors");
  });

  it("goes on from its state as JSON with the same bits", () => {
    const guards = [
      errorGuard(),
      missingGuard(),
      scoreGuard(),
      latencyGuard(),
      costGuard(),
      sampleRatioGuard(),
    ];
    const sample = fc.record(
      {
        score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        latencyMs: fc.double({ min: 0, max: 1e5, noNaN: true }),
        costUsd: fc.double({ min: 0, max: 10, noNaN: true }),
        error: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const sides = fc.array(sample, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ candidate: sides, baseline: sides }), { maxLength: 60 }),
        (comparisons) => {
          const set = createGuardSet(guards, 0.05);
          let [straight, restored] = [set.init(), set.init()];
          for (const comparison of comparisons) {
            const side: SideTaken = { variant: "candidate", share: 0.1 };
            straight = set.assigned(set.push(straight, comparison), side);
            restored = set.assigned(set.push(JSON.parse(JSON.stringify(restored)), comparison), side);
          }
          expect(restored).toEqual(straight);
          expect(set.reports(restored)).toEqual(set.reports(straight));
        },
      ),
      { numRuns: 40 },
    );
  });
});
