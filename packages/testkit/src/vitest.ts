/**
 * Registers conformance cases as vitest tests.
 *
 * @packageDocumentation
 */
import { test } from "vitest";
import type { ConformanceCase, Harness } from "./conformance/conformance-case.ts";
import { runCase } from "./conformance/run-case.ts";

/** Registers one vitest test a case. Cases that do not apply to the subject show as skipped. */
export function testConformance<S, H extends Harness<S>>(
  cases: readonly ConformanceCase<S, H>[],
  harness: H & Harness<S>,
): void {
  for (const conformanceCase of cases) {
    test(`${conformanceCase.id}: ${conformanceCase.title}`, { timeout: 30_000 }, async ({ skip }) => {
      if ((await runCase(conformanceCase, harness)) === "skipped") skip();
    });
  }
}
