import { cappedStake } from "./betting.ts";
import type { Guard } from "./guard.ts";
import type { GuardOptions } from "./metric-guard.ts";

/**
 * What {@link sampleRatioGuard} remembers.
 *
 * @inline
 */
export type SampleRatioGuardState = {
  readonly requests: number;
  readonly candidate: number;
  readonly expected: number;
  readonly stakes: readonly number[];
  readonly most: number;
};

// By how much the odds of the candidate may be off, as logarithms, from a tenth to nearly threefold either way, and how
// much is bet on each: most on losing some, which is what happens.
const DISTORTIONS: readonly { readonly by: number; readonly weight: number }[] = [
  { by: -1, weight: 0.08 },
  { by: -0.5, weight: 0.12 },
  { by: -0.23, weight: 0.3 },
  { by: -0.11, weight: 0.12 },
  { by: 0.11, weight: 0.08 },
  { by: 0.23, weight: 0.14 },
  { by: 0.5, weight: 0.1 },
  { by: 1, weight: 0.06 },
];

/**
 * Guards the split itself: are as many requests observed of each side as were sent there? Where they aren't, something
 * loses or redirects answers, and no comparison of the rest can be trusted. It looks at every request; the share may
 * change on the way. A likelihood-ratio martingale over a mixture of distorted shares, so the error rate holds at
 * every look, as in Lindon and Malek, "Anytime-valid inference for multinomial count data" (2022).
 *
 * A breach holds, unless told otherwise: it voids the evidence, and says nothing about the candidate. Its part of
 * alpha is 0.001 by default. Canaries split nothing, so there it never has anything to say.
 */
export function sampleRatioGuard(options: GuardOptions = {}): Guard<SampleRatioGuardState> {
  const { onBreach = "hold", alpha = 0.001 } = options;
  return {
    id: "sample-ratio",
    onBreach,
    alpha,
    init: () => ({
      requests: 0,
      candidate: 0,
      expected: 0,
      stakes: DISTORTIONS.map(({ weight }) => weight),
      most: 1,
    }),
    push: (state) => state,
    assigned({ requests, candidate, expected, stakes, most }, { variant, share }) {
      const odds = share / (1 - share);
      const taken = variant === "candidate";
      let total = 0;
      const next = stakes.map((stake, i) => {
        const distorted = odds * Math.exp(DISTORTIONS[i]?.by ?? 0);
        const probability = distorted / (1 + distorted);
        const ratio = taken ? probability / share : (1 - probability) / (1 - share);
        const grown = cappedStake(stake * ratio);
        total += grown;
        return grown;
      });
      return {
        requests: requests + 1,
        candidate: candidate + (taken ? 1 : 0),
        expected: expected + share,
        stakes: next,
        most: Math.max(most, total),
      };
    },
    evidence({ requests, candidate, expected, most }) {
      const summary = `the candidate has ${candidate} of ${requests} requests, ${Math.round(expected)} were to be expected`;
      return { eValue: most, summary, report: { requests, candidate, expected } };
    },
  };
}
