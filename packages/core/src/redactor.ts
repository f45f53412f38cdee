import type { AbortOptions, Awaitable } from "./shared-types.ts";

/**
 * One thing found and replaced. It says where and what kind, never the value. Offsets are UTF-16 code units, end
 * exclusive.
 */
export interface Finding {
  /** The kind of thing, in capitals: `EMAIL`, `US_SSN`, … */
  readonly type: string;
  /** Where it starts in the input. */
  readonly start: number;
  /** Where it ends in the input. */
  readonly end: number;
  /** Where its replacement starts in the output. */
  readonly outputStart?: number | undefined;
  /** Where its replacement ends in the output. */
  readonly outputEnd?: number | undefined;
  /** The name of the detector that found it. */
  readonly detector?: string | undefined;
  /** How sure the detector is, 0..1. */
  readonly score?: number | undefined;
  /** Why it was taken for one, in a word or two: `luhn`, `context:ssn`. Never part of the value. */
  readonly reason?: string | undefined;
}

/** What redaction gives back. */
export interface Redaction {
  /** The text with every finding replaced. */
  readonly text: string;
  /** What was replaced, by ascending `start`, without overlaps. */
  readonly findings: readonly Finding[];
}

/**
 * Takes what must not be stored out of a text. It is the first step of every write: nothing is hashed, embedded or
 * stored before it.
 *
 * Redacting an output again changes nothing. A redactor that cannot do its work rejects, and the text is not
 * stored: it never passes text through.
 *
 * @example The smallest plug-in.
 * ```ts
 * import type { Redactor } from "@keelson/core";
 *
 * export const caseNumbers = {
 *   specVersion: 1,
 *   id: "case-numbers@1",
 *   redact: (text) => {
 *     const found = [...text.matchAll(/\bCASE-\d{6}\b/g)];
 *     const findings = found.map(({ index, 0: { length } }) => ({ type: "CASE", start: index, end: index + length }));
 *     return { text: text.replace(/\bCASE-\d{6}\b/g, "[case]"), findings };
 *   },
 * } satisfies Redactor;
 * ```
 */
export interface Redactor {
  /** The version of this interface that the plug-in was written for. */
  readonly specVersion: 1;
  /** Names the rules: it must change whenever any output could. Documents redacted under another id become stale. */
  readonly id: string;
  /** Redacts one text. The same text always gives the same output. */
  redact(text: string, options?: AbortOptions): Awaitable<Redaction>;
}
