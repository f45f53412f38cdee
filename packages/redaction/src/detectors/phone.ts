import type { Detector, DetectorMatch, DetectorWindow } from "@keelson/core";
import { isDigit, isGap, isWord } from "../engine/char-codes.ts";
import { fitInternational, fitNational } from "../phone/numbering-plan.ts";
import { readNumber } from "./number-groups.ts";
import { isBreak, isChained } from "./window.ts";

const MAX_DIGITS = 17;
const MAX_GROUPS = 8;
const EXTENSION = /,? ?(?:x|ext\.?|extension|#|extn\.?|durchwahl)\.? ?:? ?\d{1,6}(?!\d)/iy;

// Words that announce a number, in the languages most met; within some words before it, on its line or the one above.
const CONTEXT =
  /(?:\b(?:tele?(?:ph|f)one?|telefoon|telefonnummer|téléphone|teléfono|telepono|telefon\w*|phones?|tel|tél|mobile|mobil|móvil|handy|cell|cellular|celular|gsm|fax|sms|whatsapp|hotline|puhelin|dial|ring|call|calls|called|calling|answering|reach|reached|contact|message|text)\b|\b(?:my|his|her|our|your|their|home|work|office|contact|us|uk) (?:\w+ )?number\b|телефон|电话|電話|手机|携帯)[^\d\n]{0,20}\n?[^\d\n]{0,20}$/i;
// What makes a number something else, right before it.
const OTHER =
  /(?:^|[\s("'[#])(?:order|orders|invoice|ticket|case|ref|reference|id|ids|po|no|nr|inv|sku|account|version|room|page|pages|section|isbn|issn|doi|serial|part|item|build|line|port|year|row|rows|error|code|pin|commit|patch|pmid|vol)[.:#]? {0,2}#?$/i;
const DATE =
  /^(?:(?:19|20)\d\d[-./ ][01]?\d[-./ ][0-3]?\d|[0-3]?\d([-./ ])[0-3]?\d\1(?:19|20)\d\d|(?:19|20)\d\d ?- ?(?:19|20)\d\d)(?!\d)/;
const NANP = /^(?:1|001)?[2-9]\d\d[2-9]\d{6}$/;
const NANP_GROUPS = /^(?:[13]-)?(?:3-3-4|3-7|6-4)$/;

interface PhoneReading {
  readonly digits: string;
  readonly sizes: readonly number[];
  readonly end: number;
  /** Does it stand on one line? */
  readonly onLine: boolean;
}

const hasEdges = (text: string, start: number, end: number): boolean =>
  isBreak(text, start - 1) &&
  isBreak(text, end) &&
  !isChained(text, start - 1, -1) &&
  !isChained(text, end, 1);

/** The match of a number, with the parenthesis before it and the extension behind it. */
function numberMatch(
  { text }: DetectorWindow,
  start: number,
  end: number,
  score: number,
  reason: string,
): DetectorMatch {
  EXTENSION.lastIndex = end;
  return {
    start: text[start - 1] === "(" ? start - 1 : start,
    end: EXTENSION.test(text) ? EXTENSION.lastIndex : end,
    score,
    reason,
  };
}

/**
 * The text before a number that could announce it, or nothing when the letters nearest to it are too far away or
 * another number stands between.
 */
function announcement({ text, start }: DetectorWindow): string | undefined {
  for (let at = start - 1; at >= 0 && start - at < 24; at -= 1) {
    const code = text.charCodeAt(at);
    if (isDigit(code)) return undefined;
    if (isWord(code) || code > 0x52f) return text.slice(0, start).replace(/\($/, "");
  }
  return undefined;
}

/** Goes through the readings of a number that end with one of its groups, the longest first, down to so many digits. */
function* readings(text: string, start: number, fewest: number): Generator<PhoneReading> {
  const { digits, sizes, ends, lastOnLine } = readNumber(text, start, MAX_DIGITS, MAX_GROUPS);
  let length = digits.length;
  for (let last = sizes.length - 1; length >= fewest; last -= 1) {
    const end = ends[last] ?? 0;
    if (hasEdges(text, start, end)) {
      yield {
        digits: digits.slice(0, length),
        sizes: sizes.slice(0, last + 1),
        end,
        onLine: last <= lastOnLine,
      };
    }
    length -= sizes[last] ?? 0;
  }
}

/** Finds phone numbers written with `+` and a calling code. */
export const internationalPhone: Detector = {
  type: "PHONE",
  name: "international_phone",
  triggers: ["+"],
  left: 2,
  right: 64,
  version: "1",
  verify(window) {
    const { text, start } = window;
    let first = start + 1;
    while (first - start <= 2 && /[ (]/.test(text[first] ?? "")) first += 1;
    if (!isDigit(text.charCodeAt(first)) || !isBreak(text, start - 1)) return undefined;
    let possible: number | undefined;
    for (const { digits, end: to } of readings(text, first, 7)) {
      const fit = fitInternational(digits);
      if (fit === "valid") return numberMatch(window, start, to, 0.9, "valid");
      if (fit === "possible") possible ??= to;
    }
    return possible === undefined ? undefined : numberMatch(window, start, possible, 0.8, "possible");
  },
};

/** Can a number of the North American plan start with a group of that size? Most digits in a text can't. */
function canStartNanp(text: string, start: number, size: number): boolean {
  let area = start;
  if (size === 1 && text[start] === "1") {
    area = start + 1;
    while (area - start <= 3 && isGap(text.charCodeAt(area))) area += 1;
  } else if (size === 11) area = start + 1;
  else if (size === 3 && text.startsWith("001", start)) return true;
  else if (size !== 3 && size !== 6 && size !== 10) return false;
  return text.charCodeAt(area) >= 50 && text.charCodeAt(area) <= 57;
}

/** Finds phone numbers of the North American numbering plan, grouped, or in one row behind a context word. */
export const nanpPhone: Detector = {
  type: "PHONE",
  name: "nanp_phone",
  triggers: [{ digits: 10 }],
  left: 64,
  right: 64,
  version: "1",
  verify(window) {
    const { text, start, end } = window;
    if (!canStartNanp(text, start, end - start)) return undefined;
    for (const { digits, sizes, end: to, onLine } of readings(text, start, 10)) {
      if (!NANP.test(digits)) continue;
      const before = text.slice(0, start).replace(/\($/, "");
      if (OTHER.test(before)) return undefined;
      if (NANP_GROUPS.test(sizes.join("-")))
        return numberMatch(window, start, to, onLine ? 0.75 : 0.6, "format");
      if (sizes.length === 1 && CONTEXT.test(before)) return numberMatch(window, start, to, 0.75, "context");
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
    const before = announcement(window);
    if (before === undefined || !CONTEXT.test(before) || OTHER.test(before) || DATE.test(text.slice(start)))
      return undefined;
    for (const { digits, sizes, end, onLine } of readings(text, start, 7)) {
      if (digits.length > 15 || !onLine || sizes.some((size, at) => at > 0 && size < 2)) continue;
      return numberMatch(window, start, end, 0.65, "context");
    }
    return undefined;
  },
};

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
      if (end - start > 14 || !isBreak(text, start - 1)) return undefined;
      const before = text.slice(0, start).replace(/\($/, "");
      if (OTHER.test(before) || DATE.test(text.slice(start))) return undefined;
      for (const { digits, sizes, end: to, onLine } of readings(text, start, 7)) {
        if (!onLine) continue;
        for (const region of regions) {
          const { fit, trunk } = fitNational(digits, region);
          if (fit !== "valid") continue;
          // Digits in one row without a trunk prefix may be anything.
          if ((trunk && digits.length >= 9) || sizes.length > 2 || CONTEXT.test(before)) {
            return numberMatch(window, start, to, 0.7, `region:${region}`);
          }
        }
      }
      return undefined;
    },
  };
}
