import type { Fault } from "../src/faults.ts";
import { type ConformanceCase, type Harness, runConformance } from "../src/index.ts";

/** Which cases each fault fails, on any of the harnesses. */
export async function caughtBy<S, H extends Harness<S>>(
  cases: readonly ConformanceCase<S, H>[],
  harnesses: readonly H[],
  faults: readonly Fault<S, H>[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const caught = new Map<string, ReadonlySet<string>>();
  for (const fault of faults) {
    const failed = new Set<string>();
    for (const harness of harnesses) {
      const report = await runConformance(cases, fault.apply(harness));
      for (const { id } of report.failed) failed.add(id);
    }
    caught.set(fault.id, failed);
  }
  return caught;
}
