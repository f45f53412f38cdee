import { blockParts } from "./blocks.ts";
import { checkAmount, checkRate, checkWhole } from "./check-argument.ts";
import type { Gate, ScoredPair } from "./gate.ts";
import { createRandom } from "./random.ts";
import { type Scenario, scenarioPairs } from "./scenario.ts";
import { type SequentialOptions, type SequentialState, sequential } from "./sequential.ts";
import { atQuantile } from "./simulate.ts";

/** What {@link planCanary} takes. */
export interface PlanCanaryOptions extends SequentialOptions, Omit<Scenario, "delta"> {
  /** How sure it should be to come to a verdict when nothing has changed, above 0 and below 1. Default 0.8. */
  readonly power?: number | undefined;
  /** How often each side runs a case. Default 1. */
  readonly repeats?: number | undefined;
  /** What one answer costs with its scoring, in US dollars. */
  readonly costPerRunUsd?: number | undefined;
  /** The share of live requests that the candidate would get, above 0 and below 1. Default 0.1. */
  readonly share?: number | undefined;
}

/** What it takes to show that a candidate is no worse by the margin, if it is as good. */
export interface CanaryPlan {
  readonly margin: number;
  readonly power: number;
  /** The cases to bring, so that with a probability of `power` they are enough; `null` beyond 20,000. */
  readonly cases: number | null;
  /** Half of the time so many are enough; `null` beyond 20,000. */
  readonly medianCases: number | null;
  /** What the cases take of the runner: both sides, repeats and all. */
  readonly runs: number | null;
  /** What that costs in US dollars; `null` where no price was given. */
  readonly costUsd: number | null;
  /** What the same proof takes on live traffic, where no two answers are to one question. */
  readonly live: {
    readonly share: number;
    /** How many requests the candidate serves, with the same probability; `null` beyond 20,000. */
    readonly exposed: number | null;
    /** How many requests there are meanwhile. */
    readonly requests: number | null;
  };
}

const RUNS = 200;
const MOST = 20_000;
const SEED = 1;

/**
 * Says what a margin takes: cases, runs, money, and how many live requests the candidate would have to serve for the same.
 * By simulation of {@link sequential} with a seed of its own, so the same question always gets the same answer, and
 * figures are good to a few percent. What is assumed of the scores decides: measure mean and correlation on the live
 * version first, by running it twice.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of its range.
 *
 * @example
 * ```ts
 * import { planCanary } from "@keelson/release";
 *
 * const { cases, runs, costUsd, live } = planCanary({ margin: 0.1, baseline: 0.9, correlation: 0.9, costPerRunUsd: 0.01 });
 * console.log(cases, runs, costUsd?.toFixed(2), live.exposed); // 122 244 2.44 166
 * ```
 */
export function planCanary(options: PlanCanaryOptions = {}): CanaryPlan {
  const { margin = 0.05, power = 0.8, repeats = 1, costPerRunUsd, share = 0.1 } = options;
  checkRate("power", power);
  checkRate("share", share);
  checkWhole("repeats", repeats, 1);
  if (costPerRunUsd !== undefined) checkAmount("costPerRunUsd", costPerRunUsd);
  const gate = sequential(options);
  const scenario: Scenario = { ...options, delta: 0 };

  const pair = scenarioPairs(scenario, createRandom(SEED));
  const paired = pairsToPromote(gate, pair);
  const single = scenarioPairs({ ...scenario, correlation: 0 }, createRandom(SEED));
  const parts = blockParts(share);
  const mean = (side: "candidate" | "baseline", count: number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += single()[side];
    return sum / count;
  };
  const blocks = pairsToPromote(gate, () => ({
    caseId: "",
    candidate: mean("candidate", parts.candidate),
    baseline: mean("baseline", parts.baseline),
  }));

  const cases = within(atQuantile(paired, power));
  const runs = cases === null ? null : 2 * repeats * cases;
  const exposed = within(atQuantile(blocks, power) * parts.candidate);
  return {
    margin,
    power,
    cases,
    medianCases: within(atQuantile(paired, 0.5)),
    runs,
    costUsd: costPerRunUsd === undefined || runs === null ? null : runs * costPerRunUsd,
    live: { share, exposed, requests: exposed === null ? null : Math.ceil(exposed / share) },
  };
}

/** How many pairs each of many canaries took to promote, ascending; infinite where one did not. */
function pairsToPromote(gate: Gate<SequentialState>, draw: () => ScoredPair): number[] {
  const taken: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    let state = gate.init();
    let pairs = 0;
    let verdict: string | undefined;
    while (verdict === undefined && pairs < MOST) {
      state = gate.push(state, draw());
      pairs++;
      verdict = gate.decide(state, { done: false, cases: pairs, scored: pairs })?.verdict;
    }
    taken.push(verdict === "promote" ? pairs : Number.POSITIVE_INFINITY);
    // Where hardly any of the first finds an end, the rest won't either.
    if (run === 19 && taken.filter(Number.isFinite).length <= 5) break;
  }
  return taken.sort((a, b) => a - b);
}

function within(count: number): number | null {
  return count <= MOST ? count : null;
}
