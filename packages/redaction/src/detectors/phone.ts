import type { Detector } from "@keelson/core";
import { WORD_CLASS } from "../engine/char-codes.ts";
import { assertPhoneRegions } from "../phone/assert-phone-regions.ts";
import { fitInternational, fitNational } from "../phone/numbering-plan.ts";
import { isAnnouncedPhone, isOtherNumber, phoneMatch } from "../phone/phone-text.ts";
import { createNumberReader, digitsOf, ENDS, GAP, GAP_ON_LINE, STARTS } from "./written-number.ts";

// The shortest number of a subscriber, and the longest run of digits that an international one is looked for in.
const FEWEST = 7;
const MOST = 19;
const anyNumber = createNumberReader(FEWEST, GAP);
const numberOnLine = createNumberReader(FEWEST, GAP_ON_LINE);

const PLUS = new RegExp(`(?<![${WORD_CLASS}])\\+[ (]{0,2}(?=\\d)`, "y");

/** Finds phone numbers written with `+` and a calling code. */
export const internationalPhone: Detector = {
  type: "PHONE",
  name: "international_phone",
  triggers: ["+"],
  left: 2,
  right: 64,
  version: "1",
  verify({ text, start }) {
    PLUS.lastIndex = start;
    if (!PLUS.test(text)) return undefined;
    const first = PLUS.lastIndex;
    let possible: number | undefined;
    for (let most = MOST; ; ) {
      const written = anyNumber(text, first, most);
      if (written === undefined) break;
      const digits = digitsOf(written);
      const fit = fitInternational(digits);
      const end = first + written.length;
      if (fit === "valid") return phoneMatch(text, start, end, 0.9, "valid");
      if (fit === "possible") possible ??= end;
      most = digits.length - 1;
    }
    return possible === undefined ? undefined : phoneMatch(text, start, possible, 0.8, "possible");
  },
};

// Behind a plus stands an international number.
const NANP = new RegExp(
  `(?<!\\+)${STARTS}(?:(?:(?:1|001)${GAP})?[2-9]\\d\\d(?:${GAP}[2-9]\\d\\d${GAP}\\d{4}|${GAP}[2-9]\\d{6}|[2-9]\\d\\d${GAP}\\d{4})|(?:1|001)?[2-9]\\d\\d[2-9]\\d{6})${ENDS}`,
  "y",
);

/** Finds phone numbers of the North American numbering plan, grouped, or in one row behind a word that announces one. */
export const nanpPhone: Detector = {
  type: "PHONE",
  name: "nanp_phone",
  triggers: [{ digits: 10 }],
  left: 64,
  right: 64,
  version: "1",
  verify(window) {
    const { text, start } = window;
    NANP.lastIndex = start;
    if (!NANP.test(text)) return undefined;
    const end = NANP.lastIndex;
    if (isOtherNumber(window)) return undefined;
    const written = text.slice(start, end);
    if (/\D/.test(written))
      return phoneMatch(text, start, end, written.includes("\n") ? 0.6 : 0.75, "format");
    return isAnnouncedPhone(window) ? phoneMatch(text, start, end, 0.75, "context") : undefined;
  },
};

// E.164: a number has at most 15 digits. Digits that stand alone behind others are no group of a telephone number.
const ANY = new RegExp(`(?<!\\+)${STARTS}\\d(?:\\d|${GAP_ON_LINE}\\d(?=\\d)){${FEWEST - 1},14}${ENDS}`, "y");

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
    ANY.lastIndex = start;
    if (!ANY.test(text)) return undefined;
    const end = ANY.lastIndex;
    if (!isAnnouncedPhone(window) || isOtherNumber(window)) return undefined;
    return phoneMatch(text, start, end, 0.65, "context");
  },
};

// The shape of a social security number, and a decimal fraction.
const UNLIKE = /\d{3}([- ])\d\d\1\d{4}(?!\d)|\d\.\d{5}/y;

/**
 * Finds phone numbers as they are written within the given regions (ISO 3166 codes: `GB`, `DE`, …).
 *
 * @throws KeelsonError ARGUMENT_INVALID when a code is none of a country with telephones.
 */
export function regionalPhone(regions: readonly string[]): Detector {
  assertPhoneRegions("regions", regions);
  return {
    type: "PHONE",
    name: "regional_phone",
    triggers: [{ digits: 7 }],
    left: 64,
    right: 64,
    version: `1 ${regions.join(" ")}`,
    verify(window) {
      const { text, start, end } = window;
      UNLIKE.lastIndex = start;
      if (end - start > 14 || UNLIKE.test(text)) return undefined;
      for (let most = MOST; ; ) {
        const written = numberOnLine(text, start, most);
        if (written === undefined) return undefined;
        const digits = digitsOf(written);
        most = digits.length - 1;
        for (const region of regions) {
          const { fit, trunk } = fitNational(digits, region);
          if (fit !== "valid") continue;
          // Digits in one row without a trunk prefix may be anything.
          const proved = (trunk && digits.length >= 9) || written.split(/\D+/).length > 2;
          if (!proved && !isAnnouncedPhone(window)) continue;
          if (isOtherNumber(window)) return undefined;
          return phoneMatch(text, start, start + written.length, 0.7, `region:${region}`);
        }
      }
    },
  };
}
