import type { Detector } from "@keelson/core";
import { codeAt, isDigit, isGap } from "../engine/char-codes.ts";
import { fitInternational, fitNational } from "../phone/numbering-plan.ts";
import { isAnnouncedPhone, isOtherNumber, phoneMatch } from "../phone/phone-text.ts";
import { isBreak } from "./window.ts";
import { groupingOf, numberAt, readingUpTo, readNumber } from "./written-number.ts";

/** Finds phone numbers written with `+` and a calling code. */
export const internationalPhone: Detector = {
  type: "PHONE",
  name: "international_phone",
  triggers: ["+"],
  left: 2,
  right: 64,
  version: "1",
  verify({ text, start }) {
    let first = start + 1;
    while (first - start <= 2 && (text[first] === " " || text[first] === "(")) first += 1;
    if (!isDigit(codeAt(text, first)) || !isBreak(text, start - 1)) return undefined;
    const number = readNumber(text, first);
    if (number === undefined) return undefined;
    let possible: number | undefined;
    for (let last = number.ends.length; ; ) {
      last = readingUpTo(number, text, last - 1, 7);
      if (last < 0) break;
      const fit = fitInternational(number.digits.slice(0, number.counts[last]));
      const end = number.ends[last] as number;
      if (fit === "valid") return phoneMatch(text, start, end, 0.9, "valid");
      if (fit === "possible") possible ??= end;
    }
    return possible === undefined ? undefined : phoneMatch(text, start, possible, 0.8, "possible");
  },
};

// E.164: a number has at most 15 digits.
const MAX_PHONE = 15;
const PLUS = 43;
const NANP = /^(?:1|001)?[2-9]\d\d[2-9]\d{6}$/;
const NANP_GROUPS = /^(?:[13]-)?(?:3-3-4|3-7|6-4)$/;

/** Can a number of the North American plan start with a group of that size? Most digits in a text can't. */
function canStartNanp(text: string, start: number, size: number): boolean {
  let area = start;
  if (size === 1 && text[start] === "1") {
    area = start + 1;
    while (area - start <= 3 && isGap(codeAt(text, area))) area += 1;
  } else if (size === 11) area = start + 1;
  else if (size === 3 && text.startsWith("001", start)) return true;
  else if (size !== 3 && size !== 6 && size !== 10) return false;
  return codeAt(text, area) >= 50 && codeAt(text, area) <= 57;
}

/** Finds phone numbers of the North American numbering plan, grouped, or in one row behind a word that announces one. */
export const nanpPhone: Detector = {
  type: "PHONE",
  name: "nanp_phone",
  triggers: [{ digits: 10 }],
  left: 64,
  right: 64,
  version: "1",
  verify(window) {
    const { text, start, end } = window;
    if (codeAt(text, start - 1) === PLUS || !canStartNanp(text, start, end - start)) return undefined;
    const number = numberAt(window);
    if (number === undefined) return undefined;
    for (let last = number.ends.length; ; ) {
      last = readingUpTo(number, text, last - 1, 10);
      if (last < 0) return undefined;
      if (!NANP.test(number.digits.slice(0, number.counts[last]))) continue;
      if (isOtherNumber(window)) return undefined;
      const to = number.ends[last] as number;
      if (NANP_GROUPS.test(groupingOf(number, last)))
        return phoneMatch(text, start, to, last < number.onLine ? 0.75 : 0.6, "format");
      if (last === 0 && isAnnouncedPhone(window)) return phoneMatch(text, start, to, 0.75, "context");
    }
  },
};

/** Finds phone numbers of any country behind a word that announces one: `Tel.: 030 123456`. */
export const contextPhone: Detector = {
  type: "PHONE",
  name: "context_phone",
  triggers: [{ digits: 7 }],
  left: 64,
  right: 64,
  version: "1",
  verify(window) {
    const { text, start } = window;
    // Behind a plus stands an international number.
    if (codeAt(text, start - 1) === PLUS) return undefined;
    if (!isAnnouncedPhone(window) || isOtherNumber(window)) return undefined;
    const number = numberAt(window);
    if (number === undefined) return undefined;
    for (let last = number.onLine; ; ) {
      last = readingUpTo(number, text, Math.min(last, number.ends.length) - 1, 7);
      if (last < 0) return undefined;
      const digits = number.counts[last] as number;
      if (digits > MAX_PHONE || /-1(?:-|$)/.test(groupingOf(number, last))) continue;
      return phoneMatch(text, start, number.ends[last] as number, 0.65, "context");
    }
  },
};

// The shape of a social security number, and a decimal fraction.
const UNLIKE = /^(?:\d{3}([- ])\d\d\1\d{4}(?!\d)|\d\.\d{5})/;

/** Finds phone numbers as they are written within the given regions (ISO 3166 codes: `GB`, `DE`, …). */
export function regionalPhone(regions: readonly string[]): Detector {
  return {
    type: "PHONE",
    name: "regional_phone",
    triggers: [{ digits: 7 }],
    left: 64,
    right: 64,
    version: `1 ${regions.join(" ")}`,
    verify(window) {
      const { text, start, end } = window;
      if (end - start > 14 || UNLIKE.test(text.slice(start))) return undefined;
      const number = numberAt(window);
      if (number === undefined) return undefined;
      for (let last = number.onLine; ; ) {
        last = readingUpTo(number, text, Math.min(last, number.ends.length) - 1, 7);
        if (last < 0) return undefined;
        const digits = number.digits.slice(0, number.counts[last]);
        for (const region of regions) {
          const { fit, trunk } = fitNational(digits, region);
          if (fit !== "valid") continue;
          // Digits in one row without a trunk prefix may be anything.
          if (!(trunk && digits.length >= 9) && last < 2 && !isAnnouncedPhone(window)) continue;
          if (isOtherNumber(window)) return undefined;
          return phoneMatch(text, start, number.ends[last] as number, 0.7, `region:${region}`);
        }
      }
    },
  };
}
