import type { Detector } from "@keelson/core";
import { WORD_CLASS } from "../engine/char-codes.ts";
import { CHAINED } from "./written-number.ts";

const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = `${OCTET}(?:\\.${OCTET}){3}`;
// A chain of more than four numbers is a version or an object identifier.
const V4_ALONE = new RegExp(`(?<![${WORD_CLASS}.])${V4}(?!\\.?[${WORD_CLASS}])`, "y");
// A number that is called a version is one, even of four parts.
const VERSION = /(?:^|[\s("'[])(?:version|ver|v|release|build|section|chapter|§)\.?:? ?$/i;
const PREFIX = /\/(\d{1,3})(?!\d)/y;
const ZONE = /%[A-Za-z0-9._~-]{1,32}/y;

// IPv6 (RFC 4291): eight groups, or two colons for one or more of them; the last two may be written as IPv4.
const GROUP = "[0-9A-Fa-f]{1,4}";
const TOO_MANY = `:*(?:${GROUP}::?){7}${GROUP}|:*(?:${GROUP}::?){6}\\d+\\.`;
const V6 = new RegExp(
  `^(?:(?:${GROUP}:){6}(?:${GROUP}:${GROUP}|${V4})|(?!${TOO_MANY})(?:${GROUP}(?::${GROUP}){0,6})?::(?:(?:${GROUP}:){0,6}(?:${GROUP}|${V4}))?)$`,
);
// What could be one: the group before the first colon, and all from there to where neither a group nor IPv4 goes on.
const V6_RUN = new RegExp(
  `(?<=(?<![${WORD_CLASS}:])([0-9A-Fa-f]{0,4})):(?:[0-9A-Fa-f:]*:)?(?:\\d{1,3}(?:\\.\\d{1,3}){3}(?![\\d.]*\\d)|[0-9A-Fa-f]*)(?![${WORD_CLASS}:]|\\.${CHAINED})`,
  "y",
);

/** The end of the CIDR prefix at `at`, if one of at most `bits` is there. */
function prefixEnd(text: string, at: number, bits: number): number {
  PREFIX.lastIndex = at;
  const found = PREFIX.exec(text);
  return found !== null && Number(found[1]) <= bits ? PREFIX.lastIndex : at;
}

/** Finds IPv4 addresses, with a CIDR prefix where there is one. */
export const ipv4: Detector = {
  type: "IP",
  name: "ipv4",
  triggers: [/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/],
  left: 16,
  right: 24,
  version: "1",
  verify({ text, start }) {
    V4_ALONE.lastIndex = start;
    if (!V4_ALONE.test(text) || VERSION.test(text.slice(0, start))) return undefined;
    return { start, end: prefixEnd(text, V4_ALONE.lastIndex, 32), score: 0.9, reason: "ipv4" };
  },
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
    V6_RUN.lastIndex = start;
    const run = V6_RUN.exec(text);
    if (run === null) return undefined;
    const address = `${run[1]}${run[0]}`;
    if (!V6.test(address)) return undefined;
    const from = start - (run[1] as string).length;
    let to = V6_RUN.lastIndex;
    // `::` alone is more often a scope operator or a mark of markup; so is `a::b` of letters alone.
    if (!/\d/.test(address) && address.split(/:+/).filter(Boolean).length < 3) return undefined;
    ZONE.lastIndex = to;
    if (ZONE.test(text)) to = ZONE.lastIndex;
    return { start: from, end: prefixEnd(text, to, 128), score: 0.9, reason: "ipv6" };
  },
};
