import { codeAt, isDigit, isGap } from "../engine/char-codes.ts";

/** A number as it is written: groups of digits with gaps of up to three marks between them. */
export interface NumberGroups {
  /** All digits, gaps left out. */
  readonly digits: string;
  /** How many digits each group has. */
  readonly sizes: readonly number[];
  /** Where each group ends in the text, exclusive. */
  readonly ends: readonly number[];
  /** The last group before which no line break stands, counted from 0. */
  readonly lastOnLine: number;
}

const NEWLINE = 10;
const MAX_GAP = 3;

/** Reads the number whose first digit stands at `start`: at most so many digits and groups, whole groups only. */
export function readNumber(text: string, start: number, maxDigits: number, maxGroups: number): NumberGroups {
  const sizes: number[] = [];
  const ends: number[] = [];
  let digits = "";
  let lastOnLine = maxGroups;
  let at = start;
  while (sizes.length < maxGroups) {
    const from = at;
    while (isDigit(codeAt(text, at))) at += 1;
    if (at === from || digits.length + at - from > maxDigits) break;
    digits += text.slice(from, at);
    sizes.push(at - from);
    ends.push(at);
    for (const end = at; at - end < MAX_GAP && isGap(codeAt(text, at)); at += 1) {
      if (codeAt(text, at) === NEWLINE) lastOnLine = Math.min(lastOnLine, sizes.length - 1);
    }
    if (at === ends.at(-1)) break;
  }
  return { digits, sizes, ends, lastOnLine };
}
