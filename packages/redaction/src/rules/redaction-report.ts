import { argumentInvalid, type Finding } from "@keelson/core";

/** How often what was found: counts alone, nothing of any text. */
export interface RedactionReport {
  /** How many texts the report is about. */
  readonly texts: number;
  /** How many of them had findings. */
  readonly textsWithFindings: number;
  /** How many findings there were. */
  readonly findings: number;
  /** How many of each type, by name. */
  readonly byType: Readonly<Record<string, number>>;
  /** How many of each detector, by name. */
  readonly byDetector: Readonly<Record<string, number>>;
}

const counted = (names: string[]): Record<string, number> => {
  const counts = new Map<string, number>();
  for (const name of names.sort()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
};

/**
 * Counts what was found in some texts.
 *
 * @throws KeelsonError ARGUMENT_INVALID when one of them has no list of findings.
 *
 * @example
 * ```ts
 * import { createRedactor, redactionReport } from "@keelson/redaction";
 *
 * const redactor = createRedactor();
 * const results = await Promise.all(["a@b.co and c@d.co", "nothing"].map((text) => redactor.redact(text)));
 * console.log(redactionReport(results).byType); // { EMAIL: 2 }
 * ```
 */
export function redactionReport(
  redactions: Iterable<{ readonly findings: readonly Finding[] }>,
): RedactionReport {
  if (typeof redactions?.[Symbol.iterator] !== "function") throw argumentInvalid("redactions", "is no list");
  const all = [...redactions].map((each) => each?.findings);
  if (!all.every(Array.isArray)) throw argumentInvalid("redactions", "is not of what a redactor answered");
  const findings = all.flat();
  return {
    texts: all.length,
    textsWithFindings: all.filter(({ length }) => length > 0).length,
    findings: findings.length,
    byType: counted(findings.map(({ type }) => type)),
    byDetector: counted(findings.map(({ detector = "" }) => detector)),
  };
}
