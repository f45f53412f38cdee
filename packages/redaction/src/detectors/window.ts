import type { DetectorMatch, DetectorWindow } from "@keelson/core";
import { codeAt, HIDDEN, isDigit, isLink, isWord, MASKED } from "../engine/char-codes.ts";

/** Is `at` outside the window, or is what stands there no part of a word? */
export const isBreak = (text: string, at: number): boolean => !isWord(codeAt(text, at));

/**
 * Is the number that ends before `at` (`step` 1), or starts behind it (`step` -1), part of a longer chain of digits, as
 * in 1.2.3.4-5? A placeholder counts as digits: what was no find before it was put in is none afterwards.
 */
export function isChained(text: string, at: number, step: 1 | -1): boolean {
  if (!isLink(codeAt(text, at))) return false;
  const next = codeAt(text, at + step);
  return isDigit(next) || next === HIDDEN_CODE || next === MASKED_CODE;
}

const HIDDEN_CODE = codeAt(HIDDEN, 0);
const MASKED_CODE = codeAt(MASKED, 0);

/**
 * Matches a sticky pattern where the trigger starts, and asks for a word break on both sides. A window cut off right
 * behind the match leaves the right side open, so `right` of a detector is one more than its longest match.
 */
export function matchAt(pattern: RegExp, { text, start }: DetectorWindow): RegExpExecArray | undefined {
  if (!isBreak(text, start - 1)) return undefined;
  pattern.lastIndex = start;
  const found = pattern.exec(text);
  if (found === null || !isBreak(text, pattern.lastIndex)) return undefined;
  return found;
}

/** The match of a pattern as a detector's answer. */
export const asMatch = (found: RegExpExecArray, score: number, reason: string): DetectorMatch => ({
  start: found.index,
  end: found.index + found[0].length,
  score,
  reason,
});

/**
 * Does a context word stand before the trigger, in the same line or the one before it? What an earlier redaction put
 * in hides what is before it.
 */
export function contextBefore(words: RegExp, { text, start }: DetectorWindow, within = 48): boolean {
  return words.test(text.slice(Math.max(0, start - within), start));
}
