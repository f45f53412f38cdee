import type { Redactor } from "@keelson/core";
import type { ConformanceCase, Harness } from "../conformance/conformance-case.ts";
import { abortRedactorCases } from "./abort.ts";
import { findingCases } from "./findings.ts";
import { hiddenCases } from "./hidden.ts";
import { outputCases } from "./output.ts";

/** A text, and what a redactor must take out of it. */
export interface RedactorExample {
  /** A document, or a line of one. */
  readonly text: string;
  /** Parts of the text that must not be left. An empty list: the text must come back as it is. */
  readonly hidden: readonly string[];
}

/** How to make the redactor under test, and what it is for. */
export interface RedactorHarness extends Harness<Redactor> {
  /** At least one with something to hide. Each is tried alone, within other texts and many at once. */
  readonly examples: readonly RedactorExample[];
}

/**
 * What every redactor must satisfy, shown on examples of what it is for.
 *
 * @example
 * ```ts
 * import type { Redactor } from "@keelson/core";
 * import { redactorCases, runConformance } from "@keelson/testkit";
 *
 * const caseNumbers = {
 *   specVersion: 1,
 *   id: "case-numbers@1",
 *   redact: (text) => {
 *     const found = [...text.matchAll(/\bCASE-\d{6}\b/g)];
 *     const findings = found.map(({ index, 0: { length } }) => ({ type: "CASE", start: index, end: index + length }));
 *     return { text: text.replace(/\bCASE-\d{6}\b/g, "[case]"), findings };
 *   },
 * } satisfies Redactor;
 *
 * const report = await runConformance(redactorCases, {
 *   create: () => caseNumbers,
 *   examples: [
 *     { text: "See CASE-123456 of last week.", hidden: ["CASE-123456"] },
 *     { text: "The case was closed.", hidden: [] },
 *   ],
 * });
 * console.log(report.failed); // []
 * ```
 */
export const redactorCases: readonly ConformanceCase<Redactor, RedactorHarness>[] = [
  ...outputCases,
  ...findingCases,
  ...hiddenCases,
  ...abortRedactorCases,
];
