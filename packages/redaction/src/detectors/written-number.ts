import { HIDDEN, MASKED, WORD_CLASS } from "../engine/char-codes.ts";

/**
 * Numbers as they are written, groups of digits with up to three marks between them, as parts of regular expressions: V8
 * runs those at full speed from the second time on, which a loop is only after thousands of rounds.
 */

/** What goes on a chain. A placeholder counts as digits: what was no find before it was put in is none afterwards. */
export const CHAINED: string = `[\\d${HIDDEN}${MASKED}]`;

/** Where a number can start: not inside of a word, nor behind the link of a chain, as in 1.2.3.4-5. */
export const STARTS: string = `(?<![${WORD_CLASS}]|${CHAINED}[-./:])`;
/** Where it can end. */
export const ENDS: string = `(?![${WORD_CLASS}]|[-./:]${CHAINED})`;
/** What stands between two groups of its digits. */
export const GAP = "[ \\t\\n\\r.\\-/()]{1,3}";
/** The same, within a line. */
export const GAP_ON_LINE = "[ \\t\\r.\\-/()]{1,3}";

/** The digits of a number as it is written. */
export const digitsOf = (written: string): string => written.replace(/\D+/g, "");

/** Reads a number that starts at `start`: as many whole groups as hold no more than `most` digits. */
export type NumberReader = (text: string, start: number, most: number) => string | undefined;

/** Makes a reader of numbers of at least `fewest` digits. */
export function createNumberReader(fewest: number, gap: string): NumberReader {
  const patterns: RegExp[] = [];
  return (text, start, most) => {
    if (most < fewest) return undefined;
    patterns[most] ??= new RegExp(`${STARTS}\\d(?:(?:${gap})?\\d){${fewest - 1},${most - 1}}${ENDS}`, "y");
    const pattern = patterns[most];
    pattern.lastIndex = start;
    return pattern.exec(text)?.[0];
  };
}
