import { argumentInvalid, type Json } from "@keelson/core";
import { checkWhole } from "./check-argument.ts";
import type { Gate, VerdictKind } from "./gate.ts";
import { createRandom } from "./random.ts";
import { type Scenario, scenarioPairs } from "./scenario.ts";

/** What {@link simulate} takes. */
export interface SimulateOptions extends Scenario {
  /** How many cases a canary has at the most. Default 200. */
  readonly cases?: number | undefined;
  /** How many canaries are run. Default 1,000. */
  readonly runs?: number | undefined;
  /** What the scores are drawn by: 0 up to 2^32 - 1. Default 1. */
  readonly seed?: number | undefined;
}

/** How a gate did over many canaries. */
export interface SimulationReport {
  /** The gate's id. */
  readonly gate: string;
  readonly runs: number;
  /** The share of the canaries that ended so, 0..1 each. */
  readonly promote: number;
  readonly rollback: number;
  readonly hold: number;
  /** How many cases it took on average. */
  readonly meanCases: number;
  /** In half of the canaries it took no more. */
  readonly medianCases: number;
  /** In eight of ten it took no more. */
  readonly p80Cases: number;
  /** The share of the cases that were not needed, on average, 0..1. */
  readonly saved: number;
}

/**
 * Tries a gate on made-up scores, many times: what it would do with a candidate that is as good, or worse by so much.
 * Try a policy here before trusting it. The same options always give the same report.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is no gate, or an option is out of its range.
 *
 * @example A candidate that is ten points worse.
 * ```ts
 * import { pointEstimate, sequential, simulate } from "@keelson/release";
 *
 * for (const gate of [sequential(), pointEstimate({ tolerance: 0.05 })]) {
 *   const { promote, rollback, meanCases } = simulate(gate, { delta: -0.1, runs: 500 });
 *   console.log(promote, rollback, Math.round(meanCases));
 *   // 0 0.884 101
 *   // 0.036 0.964 200
 * }
 * ```
 */
// biome-ignore lint/suspicious/noExplicitAny: a gate's state is its own affair
export function simulate(gate: Gate<any>, options: SimulateOptions = {}): SimulationReport {
  if (typeof gate?.decide !== "function") throw argumentInvalid("gate", "is no gate");
  const { cases = 200, runs = 1000, seed = 1 } = options;
  checkWhole("cases", cases, 1);
  checkWhole("runs", runs, 1);
  checkWhole("seed", seed, 0);
  const draw = scenarioPairs(options, createRandom(seed));
  const verdicts: Record<VerdictKind, number> = { promote: 0, rollback: 0, hold: 0 };
  const taken: number[] = [];
  for (let run = 0; run < runs; run++) {
    let state: Json = gate.init();
    let pairs = 0;
    let decision = gate.decide(state, { done: false, cases: 0, scored: 0 });
    while (decision === undefined && pairs < cases) {
      state = gate.push(state, draw());
      pairs++;
      decision = gate.decide(state, { done: false, cases: pairs, scored: pairs });
    }
    decision ??= gate.decide(state, { done: true, cases: pairs, scored: pairs });
    verdicts[decision?.verdict ?? "hold"]++;
    taken.push(pairs);
  }

  taken.sort((a, b) => a - b);
  const meanCases = taken.reduce((sum, pairs) => sum + pairs, 0) / runs;
  return {
    gate: gate.id,
    runs,
    promote: verdicts.promote / runs,
    rollback: verdicts.rollback / runs,
    hold: verdicts.hold / runs,
    meanCases,
    medianCases: atQuantile(taken, 0.5),
    p80Cases: atQuantile(taken, 0.8),
    saved: 1 - meanCases / cases,
  };
}

/** The smallest of ascending numbers that so large a share of them does not exceed. */
export function atQuantile(ascending: readonly number[], share: number): number {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)] as number;
}
