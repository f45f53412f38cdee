import type { AbortOptions, Detector, Finding, Redaction, Redactor } from "@keelson/core";
import { defaultDetectors } from "./detectors/default-detectors.ts";
import { type Candidate, resolveOverlaps } from "./engine/candidate.ts";
import { compileDetectors } from "./engine/compile.ts";
import { fold, unfoldSpan } from "./engine/fold.ts";
import { createPlaceholderHider, placeholderName } from "./engine/placeholders.ts";
import { createScanState, rescan, scan } from "./engine/scan.ts";
import { placeholder } from "./operators/placeholder.ts";
import { redactorId } from "./redactor-id.ts";

/** How to make a redactor. */
export interface RedactorOptions {
  /** What to look for, in order of precedence. Default: {@link defaultDetectors}. */
  readonly detectors?: readonly Detector[] | undefined;
}

/** The redactor that {@link createRedactor} makes. */
export interface KeelsonRedactor extends Redactor {
  /**
   * Redacts one text: findings with offsets into input and output.
   *
   * @throws {@link KeelsonError} REDACTION_FAILED when a detector throws or claims something outside its window.
   */
  redact(text: string, options?: AbortOptions): Promise<Redaction>;
}

/**
 * Makes a redactor.
 *
 * @throws {@link KeelsonError} ARGUMENT_INVALID when a detector is malformed.
 *
 * @example
 * ```ts
 * import { createRedactor } from "@keelson/redaction";
 *
 * const redactor = createRedactor();
 * const { text, findings } = await redactor.redact("Contact admin at admin@example.com, SSN on file 536-90-4399.");
 * console.log(text); // Contact admin at [email], SSN on file [ssn].
 * console.log(findings.length, findings[0]?.type); // 2 EMAIL
 * ```
 */
export function createRedactor(options: RedactorOptions = {}): KeelsonRedactor {
  const { detectors = defaultDetectors } = options;
  const compiled = compileDetectors(detectors);
  const hide = createPlaceholderHider(detectors.map(({ type }) => type));
  const operator = placeholder();

  return {
    specVersion: 1,
    id: redactorId(detectors, [operator.id]),
    async redact(original, { signal } = {}) {
      signal?.throwIfAborted();
      const folded = fold(hide(original));
      const found: Candidate[] = [];
      const piece = { text: folded.text, atStart: true, atEnd: true };
      scan(compiled, createScanState(compiled), piece, found);
      const { winners } = resolveOverlaps(found, (part, spans) => rescan(compiled, piece, part, spans));
      const replace = operator.begin();
      const findings: Finding[] = [];
      let [text, copied] = ["", 0];
      for (const { type, detector, score, reason, ...span } of winners) {
        const { start, end } = unfoldSpan(original, folded, span.start, span.end);
        text += original.slice(copied, start);
        const outputStart = text.length;
        const value = original.slice(start, end);
        text += replace({ type, label: placeholderName(type), value, normalized: value });
        findings.push({ type, start, end, outputStart, outputEnd: text.length, detector, score, reason });
        copied = end;
      }
      return { text: text + original.slice(copied), findings };
    },
  };
}
