import type { Detector, DetectorMatch, DetectorWindow } from "@keelson/core";
import { codeAt, isHex } from "../engine/char-codes.ts";
import { isBreak, isChained } from "./window.ts";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const PREFIX = /\/(\d{1,3})(?!\d)/y;
const V4_TAIL = /\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)/y;
const ZONE = /%[A-Za-z0-9._~-]{1,32}/y;
// A number that is called a version is one, even of four parts.
const VERSION = /(?:^|[\s("'[])(?:version|ver|v|release|build|section|chapter|§)\.?:? ?$/i;

const isV4 = (text: string): boolean => V4.test(text);

// IPv6 (RFC 4291) by where the two colons stand, as in the grammar of RFC 3986; the last two groups may be IPv4.
const GROUP = "[0-9A-Fa-f]{1,4}";
const LAST_TWO = `(?:${GROUP}:${GROUP}|${OCTET}(?:\\.${OCTET}){3})`;
const upTo = (groups: number): string => `(?:(?:${GROUP}:){0,${groups - 1}}${GROUP})?`;
const V6 = new RegExp(
  `^(?:${[
    `(?:${GROUP}:){6}${LAST_TWO}`,
    `::(?:${GROUP}:){5}${LAST_TWO}`,
    `${upTo(1)}::(?:${GROUP}:){4}${LAST_TWO}`,
    `${upTo(2)}::(?:${GROUP}:){3}${LAST_TWO}`,
    `${upTo(3)}::(?:${GROUP}:){2}${LAST_TWO}`,
    `${upTo(4)}::${GROUP}:${LAST_TWO}`,
    `${upTo(5)}::${LAST_TWO}`,
    `${upTo(6)}::${GROUP}`,
    `${upTo(7)}::`,
  ].join("|")})$`,
);

/** The end of the CIDR prefix at `at`, if one of at most `bits` is there. */
function prefixEnd(text: string, at: number, bits: number): number {
  PREFIX.lastIndex = at;
  const found = PREFIX.exec(text);
  return found !== null && Number(found[1]) <= bits ? PREFIX.lastIndex : at;
}

function verifyV4({ text, start, end }: DetectorWindow): DetectorMatch | undefined {
  if (!isV4(text.slice(start, end))) return undefined;
  if (!isBreak(text, start - 1) || !isBreak(text, end)) return undefined;
  // A chain of more than four numbers is a version or an object identifier.
  if (text[start - 1] === "." || (text[end] === "." && !isBreak(text, end + 1))) return undefined;
  if (VERSION.test(text.slice(0, start))) return undefined;
  return { start, end: prefixEnd(text, end, 32), score: 0.9, reason: "ipv4" };
}

/** Finds IPv4 addresses, with a CIDR prefix where there is one. */
export const ipv4: Detector = {
  type: "IP",
  name: "ipv4",
  triggers: [/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/],
  left: 16,
  right: 24,
  version: "1",
  verify: verifyV4,
};

/** Finds IPv6 addresses, with zone and CIDR prefix where there are. */
export const ipv6: Detector = {
  type: "IP",
  name: "ipv6",
  triggers: [/:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{0,45}/],
  left: 6,
  right: 96,
  version: "1",
  verify({ text, start }) {
    let from = start;
    while (from > 0 && start - from < 5 && isHex(codeAt(text, from - 1))) from -= 1;
    if (start - from > 4 || !isBreak(text, from - 1) || text[from - 1] === ":") return undefined;
    let to = start;
    while (isHex(codeAt(text, to)) || text[to] === ":") to += 1;
    // The last two groups may be written as an IPv4 address.
    V4_TAIL.lastIndex = text.lastIndexOf(":", to - 1) + 1;
    if (V4_TAIL.test(text)) to = V4_TAIL.lastIndex;
    if (text[to - 1] === ":" && text[to - 2] !== ":") to -= 1;
    if (!isBreak(text, to) || text[to] === ":" || (text[to] === "." && isChained(text, to, 1)))
      return undefined;
    const address = text.slice(from, to);
    if (!V6.test(address)) return undefined;
    // `::` alone is more often a scope operator or a mark of markup; so is `a::b` of letters alone.
    if (!/\d/.test(address) && address.split(/:+/).filter(Boolean).length < 3) return undefined;
    ZONE.lastIndex = to;
    if (ZONE.test(text)) to = ZONE.lastIndex;
    return { start: from, end: prefixEnd(text, to, 128), score: 0.9, reason: "ipv6" };
  },
};
