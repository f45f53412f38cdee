import type { Detector } from "@keelson/core";
import { contextBefore } from "./window.ts";
import { ENDS, STARTS } from "./written-number.ts";

// The rules of the Social Security Administration: no area 000, 666 or 9xx, no group 00, no serial 0000.
const NUMBER = new RegExp(
  `${STARTS}(?!000|666|9)\\d{3}( {1,2}| ?[-.] ?|\\n|)(?!00)\\d{2}\\1(?!0000)\\d{4}${ENDS}`,
  "y",
);
const CONTEXT = /\bs\.?s\.?n\b|\bss ?(?:#|no\b|num)|\bsocial(?: ?security|\b)|\bsoc\.? ?sec/i;

/**
 * Finds US social security numbers: three, two and four digits with one separator; nine digits in a row only behind
 * a context word.
 */
export const usSsn: Detector = {
  type: "US_SSN",
  triggers: [{ digits: 9 }],
  left: 64,
  right: 64,
  version: "1",
  verify(window) {
    NUMBER.lastIndex = window.start;
    const found = NUMBER.exec(window.text);
    if (found === null) return undefined;
    const { start } = window;
    const end = NUMBER.lastIndex;
    if (contextBefore(CONTEXT, window)) return { start, end, score: 0.95, reason: "context" };
    const separator = found[1];
    if (separator === "") return undefined;
    return { start, end, score: separator?.includes("-") ? 0.85 : 0.7, reason: "format" };
  },
};
