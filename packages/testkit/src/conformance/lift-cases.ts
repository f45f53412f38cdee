import type { ConformanceCase } from "./conformance-case.ts";

/** The same cases for a subject that holds what they are about. */
export function liftCases<Part, Whole>(
  cases: readonly ConformanceCase<Part>[],
  pick: (whole: Whole) => Part,
): ConformanceCase<Whole>[] {
  return cases.map(({ id, title, when, run }) => ({
    id,
    title,
    when: async (whole, context) => (await when?.(pick(whole), lift(context))) !== false,
    run: (whole, context) => run(pick(whole), lift(context)),
  }));

  function lift(
    context: Parameters<ConformanceCase<Whole>["run"]>[1],
  ): Parameters<ConformanceCase<Part>["run"]>[1] {
    return {
      ...context,
      harness: { create: async (place) => pick(await context.harness.create(place)) },
      reopen: async () => pick(await context.reopen()),
    };
  }
}
