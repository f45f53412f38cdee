import type { Detector } from "@keelson/core";
import { MASKED } from "../engine/char-codes.ts";

const MAX_LOCAL = 64;
const MAX_HOST = 253;

// Letters of the scripts that set words apart by blanks, and of the others. A local part and a label are of one kind,
// so that an address in running Chinese text does not take the text with it.
const NEAR = "A-Za-z0-9\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u052f";
const FAR = "\\u0530-\\u1fff\\u2c00-\\u2dff\\u3005-\\udfff\\uf900-\\ufeff";

// The local part before the at sign, read backwards, so that it is as long as it can be. What assigns an address or
// leads to it is no part of it (`email=ada@…`, `/users/ada@…`), nor is a mark in front.
const local = (letters: string, most: number): string =>
  `[${letters}_+#][${letters}._%+\\-'#!$*^~]{0,${most - 1}}`;
const LOCAL = new RegExp(
  `(?<=(${local(NEAR, MAX_LOCAL)}|(?:${local(`${NEAR}${FAR}`, MAX_LOCAL - 1)})?[${FAR}]|"[^"\\n]{1,62}"))`,
  "y",
);

const label = (letters: string): string => `[${letters}_](?:[${letters}_-]{0,61}[${letters}_])?`;
const host = (letters: string): string =>
  `(?:${label(NEAR)}|${label(FAR)})(?:\\.(?:${label(NEAR)}|${label(FAR)})){0,12}\\.${letters}`;
// The top-level domain has letters alone. A hyphen and what follows it may be a dash behind the address.
const LETTERS = NEAR.replace("0-9", "");
const HOST = new RegExp(
  host(`(?:[xX][nN]--[a-zA-Z0-9-]{2,59}|[${LETTERS}]{2,24}(?![${NEAR}_])|[${FAR}]{2,24}(?![${FAR}]))`),
  "y",
);
const ADDRESS_LITERAL = /\[(?:IPv6:[0-9a-f:.]{2,45}|\d{1,3}(?:\.\d{1,3}){3})\]/iy;
// `logo@2x.png` and `package@1.2.3-beta.x` have the shape of addresses.
const NO_HOST = /^(?:\d(?:\.\d)?x\.(?:png|jpe?g|gif|webp|avif|svg|bmp|tiff?|ico|pdf)$|v?\d+\.\d+\.\d+)/i;

/** What a sticky pattern captures at an offset, or matches if it captures nothing. */
function at(pattern: RegExp, text: string, offset: number): string | undefined {
  pattern.lastIndex = offset;
  const found = pattern.exec(text);
  return found === null ? undefined : (found[1] ?? found[0]);
}

/** The address around an at sign that stands from `start` to `after`. */
export function emailAround(
  text: string,
  sign: number,
  after: number,
): { start: number; end: number } | undefined {
  const hostName = at(text[after] === "[" ? ADDRESS_LITERAL : HOST, text, after);
  if (hostName === undefined || hostName.length > MAX_HOST || NO_HOST.test(hostName)) return undefined;
  const local = at(LOCAL, text, sign);
  if (local === undefined) return undefined;
  const start = sign - local.length;
  // Behind a masked character stands what is left of a masked address.
  return text[start - 1] !== MASKED ? { start, end: after + hostName.length } : undefined;
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
