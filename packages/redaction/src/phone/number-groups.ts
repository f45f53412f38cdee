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

const MAX_GAP = 3;
const NEWLINE = 10;

/** Reads the number whose first digit stands at `start`: at most so many digits and groups, whole groups only. */
export function readNumber(text: string, start: number, maxDigits: number, maxGroups: number): NumberGroups {
  const sizes: number[] = [];
  const ends: number[] = [];
  let digits = "";
  let lastOnLine = maxGroups;
  for (let at = start; sizes.length < maxGroups; ) {
    let end = at;
    while (isDigit(codeAt(text, end))) end += 1;
    if (digits.length + end - at > maxDigits) break;
    digits += text.slice(at, end);
    sizes.push(end - at);
    ends.push(end);
    at = end;
    let broken = false;
    while (at - end <= MAX_GAP && isGap(codeAt(text, at))) {
      broken ||= codeAt(text, at) === NEWLINE;
      at += 1;
    }
    if (at === end || at - end > MAX_GAP || !isDigit(codeAt(text, at))) break;
    if (broken) lastOnLine = Math.min(lastOnLine, sizes.length - 1);
  }
  return { digits, sizes, ends, lastOnLine };
}
