import type { AbortOptions, Awaitable } from "@keelson/core";

/** What a finder found. Offsets are UTF-16 code units of the text it was given, end exclusive. */
export interface FoundSpan {
  /** The kind of thing: one of the finder's `types`. */
  readonly type: string;
  /** Where it starts in the text. */
  readonly start: number;
  /** Where it ends, exclusive. */
  readonly end: number;
  /** How sure the finder is, 0..1. Default 0.5. */
  readonly score?: number | undefined;
}

/**
 * Finds what has no form, such as names and places: a model. It runs after the detectors, on the whole text; what
 * overlaps a detector's finding or an earlier redaction is left out, and of its own overlapping spans the surer wins.
 *
 * @example
 * ```ts
 * import { createRedactor, type SpanFinder } from "@keelson/redaction";
 *
 * const names: SpanFinder = {
 *   id: "names@1",
 *   types: ["PERSON"],
 *   find: (text) => [...text.matchAll(/\bAda\b/g)].map(({ index }) => ({ type: "PERSON", start: index, end: index + 3 })),
 * };
 * const redactor = createRedactor({ finders: [names] });
 * console.log((await redactor.redact("Ada is ada@example.com")).text); // [person] is [email]
 * ```
 */
export interface SpanFinder {
  /** Names the finder with its model and options: it must change whenever an answer could. */
  readonly id: string;
  /** The types it can find, in capitals. */
  readonly types: readonly string[];
  /** Looks through one text. What it throws fails the text: redaction fails closed. */
  find(text: string, options?: AbortOptions): Awaitable<readonly FoundSpan[]>;
}
