import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  fixedPaired,
  type Gate,
  mannWhitney,
  planCanary,
  pointEstimate,
  provableMargin,
  type Scenario,
  sequential,
  simulate,
} from "../src/index.ts";
import { createRandom } from "../src/random.ts";
import { scenarioPairs } from "../src/scenario.ts";

function momentsOf(scenario: Scenario, count = 20_000) {
  const draw = scenarioPairs(scenario, createRandom(3));
  const pairs = Array.from({ length: count }, draw);
  const mean = (of: (at: number) => number) => pairs.reduce((sum, _, i) => sum + of(i), 0) / count;
  const b = mean((i) => pairs[i]?.baseline ?? 0);
  const c = mean((i) => pairs[i]?.candidate ?? 0);
  const product = mean((i) => (pairs[i]?.baseline ?? 0) * (pairs[i]?.candidate ?? 0));
  const squares = mean((i) => (pairs[i]?.baseline ?? 0) ** 2);
  return { baseline: b, candidate: c, correlation: (product - b * c) / (squares - b * b), pairs };
}

describe("a scenario", () => {
  it.each<[NonNullable<Scenario["scores"]>, number, number]>([
    ["binary", 0.9, -0.05],
    ["binary", 0.98, 0.01],
    ["diffuse", 0.8, -0.1],
    ["sparse", 0.8, -0.05],
  ])("draws %s scores of the means asked for: %d and %d on it", (scores, baseline, delta) => {
    const moments = momentsOf({ scores, baseline, delta });
    expect(moments.baseline).toBeCloseTo(baseline, 2);
    expect(moments.candidate).toBeCloseTo(baseline + delta, 2);
    expect(moments.pairs.every(({ candidate }) => candidate >= 0 && candidate <= 1)).toBe(true);
  });

  it("pairs cases that are as alike as asked for", () => {
    expect(momentsOf({ scores: "diffuse", correlation: 0 }).correlation).toBeCloseTo(0, 1);
    expect(momentsOf({ scores: "diffuse", correlation: 0.9 }).correlation).toBeGreaterThan(0.85);
    expect(
      momentsOf({ correlation: 1 }).pairs.every(({ candidate, baseline }) => candidate === baseline),
    ).toBe(true);
  });

  it("loses few cases wholly where harm is sparse", () => {
    const { pairs } = momentsOf({ scores: "sparse", baseline: 0.8, delta: -0.08, correlation: 1 });
    const lost = pairs.filter(({ candidate }) => candidate === 0);
    expect(lost.length / pairs.length).toBeCloseTo(0.1, 2);
    expect(
      pairs.every(({ candidate, baseline }) => candidate === 0 || Math.abs(candidate - baseline) < 1e-12),
    ).toBe(true);
  });
});

describe("simulate", () => {
  it("gives the same report for the same options, and another for another seed", () => {
    const options = { delta: -0.1, runs: 50 };
    expect(simulate(sequential(), options)).toEqual(simulate(sequential(), options));
    expect(simulate(sequential(), { ...options, seed: 2 })).not.toEqual(simulate(sequential(), options));
  });

  it("keeps the promises of the sequential gate: few false rollbacks, few false promotions, an early stop", () => {
    const same = simulate(sequential(), { cases: 1000, runs: 400 });
    expect(same.rollback).toBeLessThan(0.05);
    expect(same.promote).toBeGreaterThan(0.9);
    const atMargin = simulate(sequential(), { delta: -0.05, cases: 1000, runs: 400 });
    expect(atMargin.promote).toBeLessThan(0.06);
    const bad = simulate(sequential(), { delta: -0.2, runs: 400 });
    expect(bad).toMatchObject({ rollback: 1, promote: 0, hold: 0 });
    expect(bad.saved).toBeGreaterThan(0.75);
    expect(bad.medianCases).toBeLessThanOrEqual(bad.p80Cases);
  });

  it("shows what the other gates let through: sparse harm passes a rank test, a coin decides at the tolerance", () => {
    const sparse: Scenario = { scores: "sparse", baseline: 0.8, delta: -0.05 };
    expect(simulate(mannWhitney(), { ...sparse, runs: 100 }).promote).toBeGreaterThan(0.9);
    expect(simulate(pointEstimate({ tolerance: 0.05 }), { ...sparse, runs: 300 }).promote).toBeGreaterThan(
      0.4,
    );
    expect(simulate(fixedPaired(), { ...sparse, runs: 100 }).promote).toBeLessThan(0.15);
    expect(simulate(sequential(), { ...sparse, runs: 300 }).promote).toBeLessThan(0.06);
  });

  it("adds up: every canary ends one way, within its cases", () => {
    const gates: Gate<never>[] = [sequential(), pointEstimate(), fixedPaired()] as unknown as Gate<never>[];
    const delta = fc.double({ min: -0.5, max: 0.05, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom(...gates), delta, fc.integer({ min: 1, max: 60 }), (gate, loss, cases) => {
        const report = simulate(gate, { delta: loss, cases, runs: 20 });
        expect(report.promote + report.rollback + report.hold).toBeCloseTo(1, 9);
        expect(report.p80Cases).toBeLessThanOrEqual(cases);
        expect(report.saved).toBeCloseTo(1 - report.meanCases / cases, 9);
      }),
      { numRuns: 30 },
    );
  });

  it("refuses what it can't draw", () => {
    for (const options of [
      { cases: 0 },
      { runs: 0 },
      { seed: -1 },
      { baseline: 1 },
      { delta: 0.2 },
      { delta: -0.95 },
      { correlation: 2 },
      { scores: "sparse", delta: 0.05 } as const,
    ]) {
      expect(() => simulate(sequential(), options), JSON.stringify(options)).toThrow();
    }
  });
});

describe("planCanary", () => {
  it("takes more for a smaller margin, less for more alike versions, and more live than paired", () => {
    const plan = planCanary({ margin: 0.1, correlation: 0.7 });
    const closer = planCanary({ margin: 0.1, correlation: 0.95 });
    const wider = planCanary({ margin: 0.15, correlation: 0.7 });
    expect(closer.cases as number).toBeLessThan(plan.cases as number);
    expect(wider.cases as number).toBeLessThan(plan.cases as number);
    expect(plan.live.exposed as number).toBeGreaterThan(closer.cases as number);
    expect(plan.medianCases as number).toBeLessThan(plan.cases as number);
  });

  it("plans cases that suffice as often as asked for", () => {
    const { cases } = planCanary({ margin: 0.1, power: 0.8 });
    const { promote } = simulate(sequential({ margin: 0.1 }), { cases: cases as number, runs: 500, seed: 9 });
    expect(promote).toBeGreaterThan(0.74);
    expect(promote).toBeLessThan(0.86);
  });

  it("comes down to what equal cases prove where versions are the same", () => {
    const { cases } = planCanary({ margin: 0.1, correlation: 1 });
    expect(provableMargin(cases as number)).toBeLessThanOrEqual(0.1);
    expect(provableMargin((cases as number) - 1)).toBeGreaterThan(0.1);
  });

  it("counts runs and money, and the requests that pass meanwhile", () => {
    const plan = planCanary({ margin: 0.2, repeats: 3, costPerRunUsd: 0.5, share: 0.25 });
    expect(plan.runs).toBe(6 * (plan.cases as number));
    expect(plan.costUsd).toBe(0.5 * (plan.runs as number));
    expect(plan.live.requests).toBe(4 * (plan.live.exposed as number));
    expect(planCanary({ margin: 0.2 }).costUsd).toBeNull();
  });

  it("says so where no number of cases within reason would do", () => {
    const plan = planCanary({ margin: 0.001, correlation: 0, share: 0.5 });
    expect([plan.cases, plan.runs, plan.live.exposed, plan.live.requests]).toEqual([null, null, null, null]);
  });

  it("refuses what is out of range", () => {
    for (const options of [
      { power: 1 },
      { share: 0 },
      { repeats: 0 },
      { costPerRunUsd: -1 },
      { margin: 0 },
    ]) {
      expect(() => planCanary(options), JSON.stringify(options)).toThrow("expected");
    }
  });
});
