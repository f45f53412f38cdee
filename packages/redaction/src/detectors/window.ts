import type { DetectorWindow } from "@keelson/core";
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
 * Does a context word stand before the trigger, in the same line or the one before it? What an earlier redaction put
 * in hides what is before it.
 */
export function contextBefore(words: RegExp, { text, start }: DetectorWindow, within = 48): boolean {
  return words.test(text.slice(Math.max(0, start - within), start));
}
