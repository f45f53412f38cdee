import { expect, vi } from "vitest";
import type { Fault } from "../../src/faults.ts";
import { type ConformanceCase, type Harness, runConformance } from "../../src/index.ts";
import { createHastyClock } from "../references/hasty-clock.ts";

/**
 * Runs a suite on every faulty plug-in, and fails unless each case is failed by some of them and each of them fails
 * some case. A case is tried on the first harness it applies to. No fault may fail more than half of the suite: what breaks everything proves nothing.
 */
export async function prove<S, H extends Harness<S>>(
  cases: readonly ConformanceCase<S, H>[],
  harnesses: readonly H[],
  faults: readonly Fault<S, H>[],
): Promise<void> {
  // Some print what they must not.
  const printed = vi.spyOn(console, "debug").mockImplementation(() => {});
  const failedBy = new Map<string, ReadonlySet<string>>();
  for (const fault of faults) {
    const failed = new Set<string>();
    let left = cases;
    for (const harness of harnesses) {
      // What a case waits for in vain takes no time.
      const report = await runConformance(left, fault.apply({ ...harness, clock: createHastyClock() }));
      for (const { id } of report.failed) failed.add(id);
      left = left.filter(({ id }) => report.skipped.includes(id));
    }
    failedBy.set(fault.id, failed);
  }
  printed.mockRestore();
  const caught = new Set([...failedBy.values()].flatMap((ids) => [...ids]));
  const countOf = (fault: string): number => failedBy.get(fault)?.size ?? 0;
  expect({
    casesNoFaultFails: cases.map(({ id }) => id).filter((id) => !caught.has(id)),
    faultsNoCaseCatches: faults.map(({ id }) => id).filter((id) => countOf(id) === 0),
    faultsThatBreakTooMuch: faults.map(({ id }) => id).filter((id) => countOf(id) > cases.length / 2),
  }).toEqual({ casesNoFaultFails: [], faultsNoCaseCatches: [], faultsThatBreakTooMuch: [] });
}
