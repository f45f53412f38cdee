import type { Detector } from "@keelson/core";
import { isDate } from "../checksums/digits.ts";
import { isLuhn } from "../checksums/luhn.ts";
import { nationalNumber } from "./national-number.ts";

/** The date in a personal number; coordination numbers add 60 to the day. */
function isPersonal(value: string): boolean {
  const short = value.replace("+", "").slice(-10);
  const day = Number(short.slice(4, 6));
  return isDate(2000, Number(short.slice(2, 4)), day > 60 ? day - 60 : day) && isLuhn(short);
}

/** Sweden: personal and organisation numbers. */
export const se: readonly Detector[] = [
  nationalNumber({
    type: "SE_PERSONNUMMER",
    trigger: { digits: 10 },
    form: /(?:19|20)\d{6}[-+]?\d{4}|\d{6}[-+]\d{4}/y,
    words: /personn(?:ummer|r)|\bpnr\b/i,
    check: isPersonal,
    proof: "form",
  }),
  nationalNumber({
    type: "SE_ORGANISATIONSNUMMER",
    trigger: { digits: 10 },
    form: /\d\d[2-9]\d{3}-\d{4}/y,
    words: /org(?:anisations)?\.?-?n(?:ummer|r)/i,
    check: isLuhn,
    proof: "form",
  }),
];
