import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BlocksState, NO_BLOCKS, pushToBlock } from "../src/blocks.ts";
import type { Comparison } from "../src/index.ts";

type Variant = keyof BlocksState;

function run(arrivals: readonly Variant[], share: number): Comparison[] {
  let state = NO_BLOCKS;
  const comparisons: Comparison[] = [];
  arrivals.forEach((variant, i) => {
    const step = pushToBlock(state, variant, { latencyMs: i }, share);
    state = step.state;
    if (step.comparison) comparisons.push(step.comparison);
  });
  return comparisons;
}

describe("pushToBlock", () => {
  it.each([
    [0.01, 1, 24],
    [0.1, 1, 8],
    [0.5, 1, 1],
    [0.75, 3, 1],
    [0.99, 24, 1],
  ])("forms blocks at a share of %d of %d to %d", (share, candidates, baselines) => {
    const arrivals = Array.from(
      { length: 2000 },
      (_, i): Variant => ((i * 0.618034) % 1 < share ? "candidate" : "baseline"),
    );
    const comparisons = run(arrivals, share);
    expect(comparisons.length).toBeGreaterThan(15);
    for (const { candidate, baseline } of comparisons) {
      expect([candidate.length, baseline.length]).toEqual([candidates, baselines]);
    }
  });

  it("uses no answer twice, each in its order of arrival, and keeps little waiting", () => {
    const arrivals = fc.array(fc.constantFrom<Variant>("candidate", "baseline"), { maxLength: 300 });
    fc.assert(
      fc.property(arrivals, fc.double({ min: 0.001, max: 0.999, noNaN: true }), (order, share) => {
        let state = NO_BLOCKS;
        const used: Record<Variant, number[]> = { candidate: [], baseline: [] };
        order.forEach((variant, i) => {
          const step = pushToBlock(state, variant, { latencyMs: i }, share);
          for (const side of ["candidate", "baseline"] as const) {
            for (const { latencyMs } of step.comparison?.[side] ?? []) used[side].push(latencyMs as number);
          }
          state = step.state;
          expect(state.candidate.length + state.baseline.length).toBeLessThanOrEqual(48);
        });
        for (const side of [used.candidate, used.baseline]) {
          expect(side).toEqual([...new Set(side)].sort((a, b) => a - b));
        }
      }),
    );
  });

  it("loses none of the scarcer side where requests come in clumps", () => {
    const clumps = Array.from({ length: 50 }, (): Variant[] => [
      ...new Array<Variant>(5).fill("candidate"),
      ...new Array<Variant>(150).fill("baseline"),
    ]).flat();
    expect(run(clumps, 1 / 31)).toHaveLength(250);
  });
});
