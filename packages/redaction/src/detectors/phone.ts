import type { Detector } from "@keelson/core";
import { codeAt, isDigit, isGap } from "../engine/char-codes.ts";
import { fitInternational, fitNational } from "../phone/numbering-plan.ts";
import { isAnnouncedPhone, isOtherNumber, phoneMatch, phoneReadings } from "../phone/phone-text.ts";
import { isBreak } from "./window.ts";

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
    let possible: number | undefined;
    for (const { digits, end } of phoneReadings(text, first, 7)) {
      const fit = fitInternational(digits);
      if (fit === "valid") return phoneMatch(text, start, end, 0.9, "valid");
      if (fit === "possible") possible ??= end;
    }
    return possible === undefined ? undefined : phoneMatch(text, start, possible, 0.8, "possible");
  },
};

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
    for (const { digits, sizes, end: to, onLine } of phoneReadings(text, start, 10)) {
      if (!NANP.test(digits)) continue;
      if (isOtherNumber(window)) return undefined;
      if (NANP_GROUPS.test(sizes.join("-")))
        return phoneMatch(text, start, to, onLine ? 0.75 : 0.6, "format");
      if (sizes.length === 1 && isAnnouncedPhone(window)) return phoneMatch(text, start, to, 0.75, "context");
    }
    return undefined;
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
    for (const { digits, sizes, end, onLine } of phoneReadings(text, start, 7)) {
      if (digits.length > 15 || !onLine || sizes.some((size, at) => at > 0 && size < 2)) continue;
      return phoneMatch(text, start, end, 0.65, "context");
    }
    return undefined;
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
      for (const { digits, sizes, end: to, onLine } of phoneReadings(text, start, 7)) {
        if (!onLine) continue;
        for (const region of regions) {
          const { fit, trunk } = fitNational(digits, region);
          if (fit !== "valid") continue;
          // Digits in one row without a trunk prefix may be anything.
          if (!(trunk && digits.length >= 9) && sizes.length <= 2 && !isAnnouncedPhone(window)) continue;
          return isOtherNumber(window) ? undefined : phoneMatch(text, start, to, 0.7, `region:${region}`);
        }
      }
      return undefined;
    },
  };
}
