import { createCodedQuery } from "./coded-query.ts";
import type { KernelSlab } from "./kernel/load-kernel.ts";
import type { Sieve } from "./sieve-rows.ts";

/**
 * Takes from the first `count` rows of a slab's list, whose first row is `first`, those whose codes show that they do
 * not score `least`.
 *
 * @returns How many are left; they come first in the list, in their order.
 */
export type RuleOut = (slab: KernelSlab, first: number, count: number, least: number) => number;

/** Makes what reads the codes of rows, a quarter of their bytes, before the rows themselves are read. */
export function createRuleOut({ query, similarity, inverseNorms, slabs }: Sieve): RuleOut {
  const coded = slabs.slabs.some(({ inKernel }) => inKernel?.codes !== undefined);
  const codedQuery = coded ? createCodedQuery(query) : undefined;

  return ({ codes, list, measures }, first, count, least) => {
    if (codes === undefined || codedQuery === undefined || least === Number.NEGATIVE_INFINITY) return count;
    codes.measure(codedQuery.codes, count);
    let left = 0;
    for (let place = 0; place < count; place++) {
      const row = list[place] as number;
      const dot = codedQuery.highestDot(codes, row, measures[place] as number);
      if (similarity.highestOfDot(dot, inverseNorms[first + row] as number) < least) continue;
      list[left++] = row;
    }
    return left;
  };
}
