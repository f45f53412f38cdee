/**
 * What makes the engine call a detector:
 *
 * - a string, 1 to 64 UTF-16 code units: wherever it stands in the text, ASCII letter case ignored;
 * - a regular expression that matches at most 256 code units: wherever it matches, the search going on behind each
 *   match. It may use the flag `i`, but neither `*`, `+`, `{n,}`, look-around, `^`, `$` nor back-references, and it must
 *   not be able to match one text in more than 64 ways;
 * - `{ digits }`, 1 to 32: wherever a number starts from which at least that many digits follow, up to three spaces,
 *   tabs, line breaks, dots, dashes, slashes or parentheses between two of them not counted; inside of a chain such as
 *   1.2.3 or 12-34 no number starts;
 * - `{ token }`, 8 to 64: wherever a run of at least that many ASCII letters, digits, `_` and `-` starts.
 */
export type DetectorTrigger = string | RegExp | { readonly digits: number } | { readonly token: number };

/**
 * The bounded piece of text a detector sees. Offsets count from the start of `text`, in UTF-16 code units.
 *
 * What an earlier redaction put in (`[email]`) is never part of a window: the window ends at it, with one code unit
 * U+E000 in its place. Disguises of single characters are undone: fullwidth digits read as ASCII ones, invisible
 * characters are gone, every dash is `-`, every blank is a space.
 */
export interface DetectorWindow {
  /** Up to `left` code units before the trigger, the trigger, and up to `right` code units behind its start. */
  readonly text: string;
  /** Where the trigger starts in `text`. */
  readonly start: number;
  /** Where the trigger ends in `text`, exclusive. Of `{ digits }` it is the first run of digits. */
  readonly end: number;
  /** Does the window begin where the document does? Else something stands before it. */
  readonly atStart: boolean;
  /** Does the window end where the document does? Else something stands behind it. */
  readonly atEnd: boolean;
}

/** What a detector found in its window. Offsets count from the start of the window's text, end exclusive. */
export interface DetectorMatch {
  readonly start: number;
  readonly end: number;
  /** How sure the detector is, 0..1. Of overlapping findings the surer wins. Default 0.5. */
  readonly score?: number | undefined;
  /** Why, in a word or two, without any part of the value. */
  readonly reason?: string | undefined;
}

/**
 * Finds one kind of thing. The engine searches the triggers natively and shows each detector a bounded window around
 * its own; a detector cannot see or claim anything outside it, so the whole stays linear whatever the detector does.
 *
 * @example
 * ```ts
 * import type { Detector } from "@keelson/core";
 *
 * export const employeeId = {
 *   type: "EMPLOYEE_ID",
 *   triggers: ["EMP-"],
 *   left: 1,
 *   right: 11,
 *   verify({ text, start }) {
 *     const found = /^EMP-\d{6}(?!\d)/.exec(text.slice(start));
 *     return found ? { start, end: start + found[0].length, score: 0.9 } : undefined;
 *   },
 * } satisfies Detector;
 * ```
 */
export interface Detector {
  /** The kind of thing it finds, in capitals: letters, digits and `_`. The placeholder is made of it. */
  readonly type: string;
  /** Tells detectors of one type apart in findings. Default: the type in lower case. */
  readonly name?: string | undefined;
  /**
   * Names what `verify` does, and is part of the redactor's id: change it whenever an answer could change. Default:
   * the source text of `verify`, which does not tell what it closes over.
   */
  readonly version?: string | undefined;
  /** What to look for. At least one. */
  readonly triggers: readonly DetectorTrigger[];
  /** How many code units before the trigger the window holds, 0 to 1,024. */
  readonly left: number;
  /** How many code units from the trigger's start on the window holds, 1 to 65,536. */
  readonly right: number;
  /**
   * How many code units of windows it may be shown in one text; over it the text fails with REDACTION_FAILED, and
   * nothing of it is passed through. For detectors that are costly by themselves. Default: no limit.
   */
  readonly budget?: number | undefined;
  /**
   * Decides. It is pure and quick: the same window, the same answer. What it throws fails the whole text: redaction
   * fails closed.
   */
  verify(window: DetectorWindow): DetectorMatch | undefined;
}
