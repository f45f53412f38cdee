/**
 * Registers conformance cases as tests of Node's own runner.
 *
 * @packageDocumentation
 */
import { test } from "node:test";
import type { ConformanceCase, Harness } from "./conformance/conformance-case.ts";
import { runCase } from "./conformance/run-case.ts";

/** Registers one test a case. Cases that do not apply to the subject show as skipped. */
export function testConformance<S, H extends Harness<S>>(
  cases: readonly ConformanceCase<S, H>[],
  harness: H & Harness<S>,
): void {
  for (const conformanceCase of cases) {
    test(`${conformanceCase.id}: ${conformanceCase.title}`, async (t) => {
      if ((await runCase(conformanceCase, harness)) === "skipped") t.skip();
    });
  }
}
