import type { Detector, DetectorMatch, DetectorWindow } from "@keelson/core";
import { isAlnum, isWideLetter } from "../engine/char-codes.ts";

const MAX_LOCAL = 64;
const MAX_HOST = 253;
// What stands in the local part of real addresses (RFC 5321 allows more: quotes, slashes and the like).
const LOCAL_MARKS = new Set([..."._%+-'&#!$*/=?^`{|}~"].map((char) => char.charCodeAt(0)));
// A label is of one kind of script, so that running Chinese text behind an address is no part of it.
const NARROW = "A-Za-z0-9_\\u00df-\\u052f";
const WIDE = "\\u0530-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\uffef";
const label = (set: string): string => `[${set}](?:[${set}-]{0,61}[${set}])?`;
const LABEL = new RegExp(`${label(NARROW)}|${label(WIDE)}`, "y");
// The last label; a hyphen and what follows it may be a dash after the address.
const TOP_LEVEL = /^(?:xn--[a-z0-9-]{2,59}|[^\0-@[-`{-\x7f_-]{2,24}(?=-|$))/i;
// `logo@2x.png` and `package@1.2.3-beta.x` have the shape of addresses.
const FILE_SCALE = /^\d(?:\.\d)?x\.(?:png|jpe?g|gif|webp|avif|svg|bmp|tiff?|ico|pdf)$/i;
const SEMVER = /^v?\d+\.\d+\.\d+/;
const ADDRESS_LITERAL = /\[(?:IPv6:[0-9a-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]/iy;

const isLetter = (code: number): boolean => isAlnum(code) || isWideLetter(code);
const isOtherLetter = (code: number): boolean => code > 0x52f && code < 0xe000;

/** Where the local part that ends at `at` starts. */
function localStart(text: string, at: number): number {
  const limit = Math.max(0, at - MAX_LOCAL);
  if (text[at - 1] === '"') {
    const quote = text.lastIndexOf('"', at - 2);
    return quote >= limit && at - quote > 2 && !text.slice(quote, at).includes("\n") ? quote : at;
  }
  // A local part is of one kind of script, so that an address in running Chinese text does not take the text with it.
  const other = isOtherLetter(text.charCodeAt(at - 1));
  let from = at;
  while (from > limit) {
    const code = text.charCodeAt(from - 1);
    if (!(isLetter(code) || LOCAL_MARKS.has(code) || (other && isOtherLetter(code)))) break;
    from -= 1;
  }
  return from;
}

/** Where the host name that starts at `at` ends, or `at` if there is none with a top-level domain. */
function hostEnd(text: string, at: number): number {
  ADDRESS_LITERAL.lastIndex = at;
  if (ADDRESS_LITERAL.test(text)) return ADDRESS_LITERAL.lastIndex;
  let end = at;
  let [good, labels] = [at, 0];
  for (
    LABEL.lastIndex = at;
    LABEL.test(text) && LABEL.lastIndex - at <= MAX_HOST;
    LABEL.lastIndex = end + 1
  ) {
    const from = end === at ? at : end + 1;
    end = LABEL.lastIndex;
    labels += 1;
    const top = labels > 1 ? TOP_LEVEL.exec(text.slice(from, end)) : null;
    if (top !== null) good = from + top[0].length;
    if (text[end] !== ".") break;
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
  const host = text.slice(after, end);
  if (FILE_SCALE.test(host) || SEMVER.test(host)) return undefined;
  let start = localStart(text, at);
  // What opens a quotation, a path or a query is no part of the address.
  while (
    start < at &&
    !isLetter(text.charCodeAt(start)) &&
    !isOtherLetter(text.charCodeAt(start)) &&
    !/["_+#]/.test(text[start] ?? "")
  )
    start += 1;
  const assigned = text.slice(start, at).search(/[=/?&|{}`][^=/?&|{}`]*$/);
  if (assigned >= 0) start += assigned + 1;
  return start < at ? { start, end } : undefined;
}

const ENTITY = /&#(?:0*64|x0*40);/iy;

function verify({ text, start, end }: DetectorWindow): DetectorMatch | undefined {
  let after = end;
  if (text[start] === "&") {
    ENTITY.lastIndex = start;
    if (!ENTITY.test(text)) return undefined;
    after = ENTITY.lastIndex;
  }
  const found = emailAround(text, start, after);
  return found && { ...found, score: 0.9, reason: "address" };
}

/** Finds e-mail addresses, also with the at sign written as `&#64;` or `%40`. */
export const email: Detector = {
  type: "EMAIL",
  triggers: ["@", "&#", "%40"],
  left: MAX_LOCAL + 1,
  right: MAX_HOST + 12,
  version: "1",
  verify,
};
