import type { Detector } from "@keelson/core";
import {
  codeAt,
  isAlnum,
  isDigit,
  isFarLetter,
  isLocalMark,
  isWideLetter,
  MASKED,
} from "../engine/char-codes.ts";

const MAX_LOCAL = 64;
const MAX_HOST = 253;
const MAX_LABEL = 63;
const MAX_TOP_LEVEL = 24;
const QUOTE = 34;
const HYPHEN = 45;
const DOT = 46;

// `logo@2x.png` and `package@1.2.3-beta.x` have the shape of addresses.
const NO_HOST = /^\d(?:\.\d)?x\.(?:png|jpe?g|gif|webp|avif|svg|bmp|tiff?|ico|pdf)$|^v?\d+\.\d+\.\d+/i;
const ADDRESS_LITERAL = /\[(?:IPv6:[0-9a-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]/iy;

const isNearLetter = (code: number): boolean => isAlnum(code) || isWideLetter(code);
const isNearLabel = (code: number): boolean => isNearLetter(code) || code === 95;

/** Where the local part that ends at `at` starts. */
function localStart(text: string, at: number): number {
  const limit = Math.max(0, at - MAX_LOCAL);
  if (codeAt(text, at - 1) === QUOTE) {
    const quote = text.lastIndexOf('"', at - 2);
    return quote >= limit && at - quote > 2 && !text.slice(quote, at).includes("\n") ? quote : at;
  }
  // A local part is of one kind of script, so that an address in running Chinese text does not take the text with it.
  const far = isFarLetter(codeAt(text, at - 1));
  let from = at;
  while (from > limit) {
    const code = codeAt(text, from - 1);
    if (!(isNearLetter(code) || isLocalMark(code) || (far && isFarLetter(code)))) break;
    from -= 1;
  }
  // What assigns it or leads to it is no part of it: `email=ada@…`, `/users/ada@…`.
  for (let last = at - 1; last >= from; last -= 1) if ("=/?&|{}`".includes(text[last] ?? "")) return last + 1;
  return from;
}

/** Where the top-level domain that is the label from `from` to `end` ends, or 0 if it can't be one. */
function topLevelEnd(text: string, from: number, end: number): number {
  if (end - from > 6 && text.slice(from, from + 4).toLowerCase() === "xn--") return end;
  let at = from;
  while (at < end && !isDigit(codeAt(text, at)) && text[at] !== "-" && text[at] !== "_") at += 1;
  // A hyphen and what follows it may be a dash behind the address.
  const whole = at === end || codeAt(text, at) === HYPHEN;
  return whole && at - from >= 2 && at - from <= MAX_TOP_LEVEL ? at : 0;
}

/** Where the host name that starts at `at` ends, or `at` if there is none with a top-level domain. */
function hostEnd(text: string, at: number): number {
  if (text[at] === "[") {
    ADDRESS_LITERAL.lastIndex = at;
    return ADDRESS_LITERAL.test(text) ? ADDRESS_LITERAL.lastIndex : at;
  }
  let good = at;
  for (let from = at, labels = 1; from - at < MAX_HOST; labels += 1) {
    // A label is of one kind of script, too.
    const isOfLabel = isFarLetter(codeAt(text, from)) ? isFarLetter : isNearLabel;
    let end = from;
    while (
      end - from < MAX_LABEL &&
      (isOfLabel(codeAt(text, end)) || (end > from && codeAt(text, end) === HYPHEN))
    ) {
      end += 1;
    }
    while (end > from && codeAt(text, end - 1) === HYPHEN) end -= 1;
    if (end === from) break;
    if (labels > 1) good = topLevelEnd(text, from, end) || good;
    if (codeAt(text, end) !== DOT) break;
    from = end + 1;
  }
  return good;
}

/** The address around an at sign that stands from `at` to `after`. */
export function emailAround(
  text: string,
  at: number,
  after: number,
): { start: number; end: number } | undefined {
  const end = hostEnd(text, after);
  if (end === after) return undefined;
  const first = codeAt(text, after);
  if ((isDigit(first) || (first | 32) === 118) && NO_HOST.test(text.slice(after, end))) return undefined;
  let start = localStart(text, at);
  // Neither is a mark in front of it, but for those that stand there in earnest.
  for (; start < at; start += 1) {
    const code = codeAt(text, start);
    if (isNearLetter(code) || isFarLetter(code) || '_+#"'.includes(text[start] ?? "")) break;
  }
  // Behind a masked character stands what is left of a masked address.
  return start < at && text[start - 1] !== MASKED ? { start, end } : undefined;
}

const ENTITY = /&#(?:0*64|x0*40);/iy;

/** Finds e-mail addresses, also with the at sign written as `&#64;` or `%40`. */
export const email: Detector = {
  type: "EMAIL",
  triggers: ["@", "&#", "%40"],
  left: MAX_LOCAL + 1,
  right: MAX_HOST + 12,
  version: "1",
  verify({ text, start, end }) {
    let after = end;
    if (text[start] === "&") {
      ENTITY.lastIndex = start;
      if (!ENTITY.test(text)) return undefined;
      after = ENTITY.lastIndex;
    }
    const found = emailAround(text, start, after);
    return found && { start: found.start, end: found.end, score: 0.9, reason: "address" };
  },
};
