import { type DetectorTrigger, KeelsonError } from "@keelson/core";
import { codeAt, isToken } from "./char-codes.ts";
import { type PatternLead, patternBounds } from "./pattern-bounds.ts";
import { charsOf, type Needs, needsOf } from "./trigger-filter.ts";

/** Looks for one kind of trigger in a text. What it found last stands in its fields. */
export interface TriggerSearch {
  /** How far behind a trigger's start the search may look to decide on it. */
  readonly reach: number;
  /** What a text has to hold to hold a trigger. */
  readonly needs: Needs;
  /** Where the trigger found starts. */
  start: number;
  /** Where it ends, exclusive. */
  end: number;
  /** How many token characters it has, or the greatest minimum of digits it reaches; of other triggers 0. */
  size: number;
  /** From where to look for the next one. */
  next: number;
  /** Finds the first trigger at or behind `from`. `fresh` says that the text is another than at the last call. */
  find(text: string, from: number, fresh: boolean): boolean;
}

const MAX_PATHS = 64;
const MAX_TRIGGER_LENGTH = 64;
const MAX_PATTERN_LENGTH = 256;
const MAX_DIGITS = 32;
const DIGITS_REACH = 256; // of 32 digits with three marks in each gap, and the rest of a run
const MIN_TOKEN = 8;

/** Up to here a look at all characters costs less than what it saves. */
export const SHORT = 512;

const invalid = (reason: string): never => {
  throw new KeelsonError("ARGUMENT_INVALID", `a detector's trigger is invalid: ${reason}`, {
    details: { argument: "detectors.triggers", reason },
  });
};

/** Where a string stands, ASCII case ignored. */
function literalSearch(literal: string): TriggerSearch {
  if (literal.length < 1 || literal.length > MAX_TRIGGER_LENGTH) {
    invalid(`a string has 1 to ${MAX_TRIGGER_LENGTH} code units`);
  }
  if (/[A-Za-z]/.test(literal)) {
    const escaped = literal.replace(/[^\w\s]/g, "\\$&");
    return patternSearch(
      new RegExp(escaped.replace(/[A-Za-z]/g, (c) => `[${c.toLowerCase()}${c.toUpperCase()}]`)),
    );
  }
  const { length } = literal;
  return {
    reach: length,
    needs: needsOf([literal.split("").map(charsOf)]),
    start: 0,
    end: 0,
    size: 0,
    next: 0,
    find(text, from) {
      this.start = text.indexOf(literal, from);
      this.end = this.next = this.start + length;
      return this.start >= 0;
    },
  };
}

/** Where a regular expression of bounded length matches. */
function patternSearch(pattern: RegExp): TriggerSearch {
  const { maxLength, paths, rows, lead } = patternBounds(pattern);
  if (paths > MAX_PATHS) invalid(`/${pattern.source}/ is ambiguous: it can be tried in ${paths} ways`);
  if (maxLength > MAX_PATTERN_LENGTH)
    invalid(`/${pattern.source}/ can match more than ${MAX_PATTERN_LENGTH} code units`);
  const search = new RegExp(pattern.source, pattern.ignoreCase ? "gi" : "g");
  const findByLead = lead && leadSearch(pattern, lead);
  return {
    reach: maxLength + 1, // a \b at the end looks one further
    needs: needsOf(rows),
    start: 0,
    end: 0,
    size: 0,
    next: 0,
    find(text, from, fresh) {
      search.lastIndex = from;
      const found =
        findByLead === undefined || text.length <= SHORT ? search.exec(text) : findByLead(text, from, fresh);
      if (found === null) return false;
      this.start = found.index;
      this.end = found.index + found[0].length;
      if (this.end === this.start) invalid(`/${pattern.source}/ matches the empty text`);
      this.next = this.end;
      return true;
    },
  };
}

/**
 * Finds a pattern whose matches start with one of a few marks in a long text: the marks are rarer than the regular
 * expression engine can know, and a string search skips to them several times as fast.
 */
function leadSearch(
  pattern: RegExp,
  { marks, second }: PatternLead,
): (text: string, from: number, fresh: boolean) => RegExpExecArray | null {
  const sticky = new RegExp(pattern.source, pattern.ignoreCase ? "yi" : "y");
  const chars = [...marks];
  // Where each mark stands next, kept from call to call, or a mark that is not in the text would be sought each time.
  const nexts = chars.map(() => -1);
  return (text, from, fresh) => {
    for (let i = 0; i < nexts.length; i += 1) {
      const next = nexts[i] as number;
      if (fresh || (next >= 0 && next < from)) nexts[i] = text.indexOf(chars[i] as string, from);
    }
    for (;;) {
      let which = -1;
      let at = text.length;
      for (let i = 0; i < nexts.length; i += 1) {
        const next = nexts[i] as number;
        if (next >= 0 && next < at) {
          at = next;
          which = i;
        }
      }
      if (which < 0) return null;
      if (second[Math.min(codeAt(text, at + 1), second.length - 1)] === 1) {
        sticky.lastIndex = at;
        const found = sticky.exec(text);
        if (found !== null) return found;
      }
      nexts[which] = text.indexOf(chars[which] as string, at + 1);
    }
  };
}

/** Where a number starts from which at least the first of `minima` digits follow; they ascend. */
function digitsSearch(minima: readonly number[]): TriggerSearch {
  // An empty group behind each further minimum says whether so many digits are there.
  const gap = "[ \\t\\n\\r.\\-/()]{0,3}";
  const [fewest = 1, ...more] = minima;
  const further = more.reduceRight(
    (rest, count, at) => `(?:(?:${gap}\\d){${count - (minima[at] as number)}}()${rest})?`,
    "",
  );
  const run = new RegExp(`\\d(?<!\\d[-./:]?\\d)(?=(?:${gap}\\d){${fewest - 1}}${further})\\d*`, "g");
  return {
    reach: DIGITS_REACH,
    needs: [charsOf("0123456789")],
    start: 0,
    end: 0,
    size: 0,
    next: 0,
    find(text, from) {
      run.lastIndex = from;
      const found = run.exec(text);
      if (found === null) return false;
      this.start = found.index;
      this.next = run.lastIndex;
      this.end = Math.min(this.next, this.start + 2 * MAX_DIGITS);
      let level = 0;
      while (level < more.length && found[level + 1] !== undefined) level += 1;
      this.size = minima[level] as number;
      return true;
    },
  };
}

/** Where a run of at least `fewest` letters, digits, `_` and `-` starts. */
function tokenSearch(fewest: number): TriggerSearch {
  return {
    reach: MAX_TRIGGER_LENGTH,
    needs: [],
    start: 0,
    end: 0,
    size: 0,
    next: 0,
    find(text, from) {
      let at = from;
      if (at > 0 && isToken(codeAt(text, at - 1))) while (isToken(codeAt(text, at))) at += 1;
      // Looks at the last place of a possible run first: in prose most words end before it, and it steps over them.
      for (let last = at + fewest - 1; last < text.length; last = at + fewest - 1) {
        let probe = last;
        while (probe >= at && isToken(text.charCodeAt(probe))) probe -= 1;
        if (probe >= at) {
          at = probe + 1;
          continue;
        }
        let end = last + 1;
        while (end - at < MAX_TRIGGER_LENGTH && isToken(codeAt(text, end))) end += 1;
        this.start = at;
        this.end = this.next = end;
        this.size = end - at;
        return true;
      }
      return false;
    },
  };
}

/** A trigger as the engine groups them: those of one `key` are looked for together. */
export interface TriggerKind {
  readonly key: string;
  /** The least size of a found trigger that concerns the detector. */
  readonly minimum: number;
  readonly trigger: DetectorTrigger;
}

/** Sorts a trigger into its kind. */
export function triggerKind(trigger: DetectorTrigger): TriggerKind {
  if (typeof trigger === "string") return { key: `"${trigger.toLowerCase()}`, minimum: 0, trigger };
  if (trigger instanceof RegExp) return { key: String(trigger), minimum: 0, trigger };
  if ("digits" in trigger) {
    const { digits } = trigger;
    if (!Number.isInteger(digits) || digits < 1 || digits > MAX_DIGITS)
      invalid(`digits is 1 to ${MAX_DIGITS}`);
    return { key: "digits", minimum: digits, trigger };
  }
  const { token } = trigger;
  if (!Number.isInteger(token) || token < MIN_TOKEN || token > MAX_TRIGGER_LENGTH) {
    invalid(`token is ${MIN_TOKEN} to ${MAX_TRIGGER_LENGTH}`);
  }
  return { key: "token", minimum: token, trigger };
}

/** Makes the one search for all triggers of a kind. */
export function createTriggerSearch(kinds: readonly TriggerKind[]): TriggerSearch {
  const minima = kinds.map(({ minimum }) => minimum);
  const trigger = kinds[0]?.trigger ?? invalid("there is none");
  if (typeof trigger === "string") return literalSearch(trigger);
  if (trigger instanceof RegExp) return patternSearch(trigger);
  if ("digits" in trigger) return digitsSearch([...new Set(minima)].sort((a, b) => a - b));
  return tokenSearch(Math.min(...minima));
}
