import { createFloor } from "./floor.ts";
import { createRuleOut } from "./rule-out.ts";
import type { Similarity } from "./similarity.ts";
import type { Slabs } from "./slabs.ts";

/** What is searched for what. */
export interface Sieve {
  readonly slabs: Slabs;
  /** How many rows there are. */
  readonly rows: number;
  readonly accepts: ((row: number) => boolean) | undefined;
  readonly similarity: Similarity;
  readonly query: Float32Array;
  readonly inverseNorms: readonly number[];
  readonly topK: number;
}

/**
 * The accepted rows that can be among the `topK` best, ties included: those whose highest possible score reaches the
 * lowest possible scores of `topK` rows. Mostly little more than `topK` of them; all, where no kernel measures.
 */
export function sieveRows(sieve: Sieve): number[] {
  const { slabs, similarity, query, inverseNorms } = sieve;
  const ruleOut = createRuleOut(sieve);
  const floor = createFloor(sieve.topK);
  let least = floor.value;
  const kept: number[] = [];
  const highest: number[] = [];

  for (const [index, { inKernel }] of slabs.slabs.entries()) {
    const first = index * slabs.rowsPerSlab;
    const end = Math.min(first + slabs.rowsPerSlab, sieve.rows);
    if (inKernel === undefined) {
      for (let row = first; row < end; row++) {
        if (sieve.accepts !== undefined && !sieve.accepts(row)) continue;
        kept.push(row);
        highest.push(Number.POSITIVE_INFINITY);
      }
      continue;
    }

    const { list, measures } = inKernel;
    for (let row = first; row < end; ) {
      let count = 0;
      for (; row < end && count < list.length; row++)
        if (sieve.accepts === undefined || sieve.accepts(row)) list[count++] = row - first;
      count = ruleOut(inKernel, first, count, least);
      inKernel.measure(similarity.measure, query, count);
      for (let place = 0; place < count; place++) {
        const row = first + (list[place] as number);
        const measured = measures[place] as number;
        const norm = inverseNorms[row] as number;
        const high = similarity.highest(measured, norm);
        // Most rows end here.
        if (high < least) continue;
        kept.push(row);
        highest.push(high);
        floor.offer(similarity.lowest(measured, norm));
        least = floor.value;
      }
    }
  }
  return kept.filter((_, place) => (highest[place] as number) >= least);
}
