import type { Detector } from "@keelson/core";
import { asMatch, contextBefore, isChained, matchAt } from "./window.ts";
import { numberAt } from "./written-number.ts";

const NUMBER = /(\d{3})( {1,2}| ?[-.] ?|\n|)(\d{2})\2(\d{4})/y;
const CONTEXT = /\bs\.?s\.?n\b|\bss ?(?:#|no\b|num)|\bsocial(?: ?security|\b)|\bsoc\.? ?sec/i;

/** The rules of the Social Security Administration: no area 000, 666 or 9xx, no group 00, no serial 0000. */
const isIssued = (area: string, group: string, serial: string): boolean =>
  area !== "000" && area !== "666" && area < "900" && group !== "00" && serial !== "0000";

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
    const { text, start, end } = window;
    if (end - start !== 3 && end - start !== 9) return undefined;
    if (numberAt(window) === undefined) return undefined;
    const found = matchAt(NUMBER, window);
    if (found === undefined) return undefined;
    const separator = found[2] as string;
    if (isChained(text, NUMBER.lastIndex, 1)) return undefined;
    if (!isIssued(found[1] as string, found[3] as string, found[4] as string)) return undefined;
    const context = contextBefore(CONTEXT, window);
    if (context) return asMatch(found, 0.95, "context");
    if (separator === "") return undefined;
    return asMatch(found, separator.includes("-") ? 0.85 : 0.7, "format");
  },
};
