import { argumentInvalid } from "@keelson/core";
import { checkShare } from "./check-argument.ts";
import type { ScoredPair } from "./gate.ts";
import { normalQuantile } from "./quantile.ts";
import type { Random } from "./random.ts";

/** How the scores of two versions are made up: what {@link simulate} tries a gate on. */
export interface Scenario {
  /**
   * - `binary`: a case is right or wrong.
   * - `diffuse`: scores anywhere between 0 and 1, and a difference moves all of them a little.
   * - `sparse`: the same, but a difference takes few cases all the way to 0, as when a model refuses. Losses only.
   *
   * Default `binary`.
   */
  readonly scores?: "binary" | "diffuse" | "sparse" | undefined;
  /** The baseline's mean score, above 0 and below 1. Default 0.9. */
  readonly baseline?: number | undefined;
  /** The candidate's mean minus the baseline's. Default 0: no change. */
  readonly delta?: number | undefined;
  /** How alike both do on the same case: 0 (not at all, as on live traffic) to 1. Default 0.7. */
  readonly correlation?: number | undefined;
}

/** Draws pairs of a scenario, without an end. */
export function scenarioPairs(scenario: Scenario, random: Random): () => ScoredPair {
  const { scores = "binary", baseline = 0.9, delta = 0, correlation = 0.7 } = scenario;
  if (!(baseline > 0 && baseline < 1)) {
    throw argumentInvalid("baseline", `is ${baseline}, expected above 0 and below 1`);
  }
  if (!(baseline + delta >= 0 && baseline + delta <= 1)) {
    throw argumentInvalid("delta", `is ${delta}, and takes the mean out of 0 to 1`);
  }
  if (scores === "sparse" && delta > 0) throw argumentInvalid("delta", "is a gain, which is never sparse");
  checkShare("correlation", correlation);

  const normal = createNormal(random);
  const rest = Math.sqrt(1 - correlation * correlation);
  const make = scoresOf(scores, baseline, delta, random);
  let drawn = 0;
  return () => {
    const shared = normal();
    return { caseId: String(drawn++), ...make(shared, correlation * shared + rest * normal()) };
  };
}

/** Makes scores of two standard normal variables, the baseline's and the candidate's. */
function scoresOf(
  scores: NonNullable<Scenario["scores"]>,
  baseline: number,
  delta: number,
  random: Random,
): (ofBaseline: number, ofCandidate: number) => Pick<ScoredPair, "candidate" | "baseline"> {
  if (scores === "binary") {
    const right = quantileOrEnd(baseline);
    const candidateRight = quantileOrEnd(baseline + delta);
    return (b, c) => ({ baseline: b < right ? 1 : 0, candidate: c < candidateRight ? 1 : 0 });
  }
  const location = logisticLocation(baseline);
  if (scores === "diffuse") {
    const candidateLocation = logisticLocation(baseline + delta);
    return (b, c) => ({ baseline: logistic(location + b), candidate: logistic(candidateLocation + c) });
  }
  const lost = -delta / baseline;
  return (b, c) => ({
    baseline: logistic(location + b),
    candidate: random() < lost ? 0 : logistic(location + c),
  });
}

function quantileOrEnd(p: number): number {
  return p <= 0 ? Number.NEGATIVE_INFINITY : p >= 1 ? Number.POSITIVE_INFINITY : normalQuantile(p);
}

/** Standard normal variables, by Marsaglia's polar method. */
function createNormal(random: Random): () => number {
  let spare: number | undefined;
  return () => {
    if (spare !== undefined) {
      const kept = spare;
      spare = undefined;
      return kept;
    }
    for (;;) {
      const [x, y] = [2 * random() - 1, 2 * random() - 1];
      const s = x * x + y * y;
      if (s === 0 || s >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(s)) / s);
      spare = y * factor;
      return x * factor;
    }
  };
}

/** Where a standard normal variable must be moved for its logistic to have this mean. */
function logisticLocation(mean: number): number {
  if (mean <= 0 || mean >= 1) return quantileOrEnd(mean);
  let [low, high] = [-20, 20];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    let sum = 0;
    let weights = 0;
    for (let z = -6; z <= 6; z += 0.05) {
      const weight = Math.exp((-z * z) / 2);
      sum += weight * logistic(middle + z);
      weights += weight;
    }
    if (sum / weights > mean) high = middle;
    else low = middle;
  }
  return (low + high) / 2;
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
