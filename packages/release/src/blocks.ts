import type { Comparison, Sample } from "./guard.ts";

// More answers of the larger side a block hardly say more: its variance is that of the smaller side by then.
const MOST_A_BLOCK = 24;
// Requests come in clumps: so many of the scarcer side can wait.
const MOST_WAITING = 16;

/** Live answers that wait for their block to fill, in their order of arrival. */
export interface BlocksState {
  readonly candidate: readonly Sample[];
  readonly baseline: readonly Sample[];
}

/** What comes of one more answer. */
export interface BlocksStep {
  readonly state: BlocksState;
  /** The block that it filled. */
  readonly comparison?: Comparison | undefined;
}

/** No answer waits. */
export const NO_BLOCKS: BlocksState = Object.freeze({ candidate: [], baseline: [] });

/**
 * Forms comparisons of live traffic, where no two answers are to one question: at a share of 1 % one answer of the
 * candidate beside 24 of the baseline, at a tenth one beside eight, at a half one beside one. Of a side that comes faster
 * than its part the newest answers wait. Which answers meet depends on their order alone, never on how they went.
 *
 * When the share changes, start again from {@link NO_BLOCKS}: a block knows one share.
 *
 * @param share The candidate's share of the requests, above 0 and below 1.
 */
export function pushToBlock(
  before: BlocksState,
  variant: keyof BlocksState,
  sample: Sample,
  share: number,
): BlocksStep {
  const parts = blockParts(share);
  const waiting = {
    ...before,
    [variant]: [...before[variant], sample].slice(-Math.max(parts[variant], MOST_WAITING)),
  };
  const { candidate, baseline } = waiting;
  if (candidate.length < parts.candidate || baseline.length < parts.baseline) return { state: waiting };
  return {
    state: { candidate: candidate.slice(parts.candidate), baseline: baseline.slice(parts.baseline) },
    comparison: {
      candidate: candidate.slice(0, parts.candidate),
      baseline: baseline.slice(0, parts.baseline),
    },
  };
}

/** How many answers of either side a block has at that share of the candidate. */
export function blockParts(share: number): { readonly candidate: number; readonly baseline: number } {
  return { candidate: partOf(share / (1 - share)), baseline: partOf((1 - share) / share) };
}

// A little less than there is on average: else the scarcer side would wait, and wait in vain when the queue is full.
const USED = 0.9;

function partOf(ratio: number): number {
  return Math.min(MOST_A_BLOCK, Math.max(1, Math.round(USED * ratio)));
}
