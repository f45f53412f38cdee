import type { ConformanceCase, Harness } from "./conformance-case.ts";

/** Cases that apply under one condition, but for those that have their own. */
export function casesWhen<S, H extends Harness<S> = Harness<S>>(
  when: NonNullable<ConformanceCase<S, H>["when"]>,
  cases: readonly ConformanceCase<S, H>[],
): ConformanceCase<S, H>[] {
  return cases.map((conformanceCase) => ({ when, ...conformanceCase }));
}
