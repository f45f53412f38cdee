import {
  argumentInvalid,
  assertObject,
  type Detector,
  type DetectorMatch,
  type DetectorTrigger,
  KeelsonError,
} from "@keelson/core";
import { type PatternBounds, patternBounds } from "../engine/pattern-bounds.ts";

/** What {@link regexDetector} makes a detector of. */
export interface RegexDetectorOptions {
  /** The kind of thing it finds, in capitals: letters, digits and `_`. */
  readonly type: string;
  /** Tells detectors of one type apart. Default: the type in lower case. */
  readonly name?: string | undefined;
  /**
   * What it looks like. The flag `i` is allowed, look-around too; `^`, `$` and back-references are not, and nothing that
   * could backtrack in more than 1,024 ways.
   */
  readonly pattern: RegExp;
  /**
   * Where to look: the pattern is tried where it can reach one of these. Default: the pattern itself, which then has to
   * be of bounded length and without look-around.
   */
  readonly triggers?: readonly DetectorTrigger[] | undefined;
  /**
   * What has to stand in the window before the match. The rules for `pattern` hold, save that `^` and `$` are allowed
   * for the edges of what is looked at. Default: anything.
   */
  readonly context?: RegExp | undefined;
  /** How many code units before the trigger to look at. Default 64. */
  readonly left?: number | undefined;
  /**
   * How many code units behind the trigger's start to look at. Default 128, and no less than `pattern` can match where
   * there are no `triggers`.
   */
  readonly right?: number | undefined;
  /** How sure it is, 0..1. Default 0.6. */
  readonly score?: number | undefined;
  /** How many code units of windows one text may cost; over it the text fails. Default 4 million. */
  readonly budget?: number | undefined;
}

const MAX_PATHS = 1_024;

function assertPattern(argument: string, pattern: unknown): void {
  // One of another realm is no instance of this one's RegExp.
  if (Object.prototype.toString.call(pattern) !== "[object RegExp]")
    throw argumentInvalid(argument, "is no RegExp");
}

function assertFewPaths(argument: string, { source }: RegExp, { paths }: PatternBounds): void {
  if (paths <= MAX_PATHS) return;
  const reason = `can backtrack in more than ${MAX_PATHS} ways`;
  throw new KeelsonError("ARGUMENT_INVALID", `the pattern /${source}/ ${reason}`, {
    details: { argument, reason },
  });
}

/**
 * Makes a detector of a regular expression. The pattern only ever sees a bounded window, and a text that would show it
 * too many of them fails with REDACTION_FAILED: nothing is passed through unlooked at.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the pattern could backtrack without bounds, or holds what it may
 * not.
 *
 * @example
 * ```ts
 * import { createRedactor, defaultDetectors, regexDetector } from "@keelson/redaction";
 *
 * const ticket = regexDetector({ type: "TICKET", pattern: /\bHR-\d{4,6}\b/ });
 * const redactor = createRedactor({ detectors: [...defaultDetectors, ticket] });
 * console.log((await redactor.redact("See HR-20417.")).text); // See [ticket].
 * ```
 */
export function regexDetector(options: RegexDetectorOptions): Detector {
  assertObject(options);
  const {
    type,
    name,
    pattern,
    triggers,
    context,
    left = 64,
    right = 128,
    score = 0.6,
    budget = 4_000_000,
  } = options;
  assertPattern("pattern", pattern);
  if (context !== undefined) assertPattern("context", context);
  if (!(Number.isFinite(score) && score >= 0 && score <= 1)) throw argumentInvalid("score", "is not 0 to 1");
  const window = { unboundedAs: left + right, lookaround: true };
  const bounds = patternBounds(pattern, triggers && window);
  assertFewPaths("pattern", pattern, bounds);
  if (context !== undefined)
    assertFewPaths("context", context, patternBounds(context, { ...window, anchors: true }));
  const search = new RegExp(pattern.source, pattern.ignoreCase ? "gi" : "g");
  const isAnnounced = (text: string, at: number): boolean =>
    context === undefined ||
    new RegExp(context.source, context.flags.replace(/[gy]/g, "")).test(text.slice(0, at));
  const match = (start: number, end: number): DetectorMatch => ({ start, end, score, reason: "pattern" });

  return {
    type,
    name,
    version: JSON.stringify([String(pattern), String(context), score]),
    triggers: triggers ?? [pattern],
    left,
    // A shorter window would cut the value off and leave its end in the text.
    right: triggers === undefined ? Math.max(right, bounds.maxLength) : right,
    budget,
    verify({ text, start, end }) {
      if (triggers === undefined) return isAnnounced(text, start) ? match(start, end) : undefined;
      for (const found of text.matchAll(search)) {
        const to = found.index + found[0].length;
        if (found[0] === "" || to <= start) continue;
        return found.index < end && isAnnounced(text, found.index) ? match(found.index, to) : undefined;
      }
      return undefined;
    },
  };
}
