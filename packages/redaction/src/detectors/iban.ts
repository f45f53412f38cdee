import type { Detector } from "@keelson/core";
import { mod97 } from "../checksums/mod97.ts";
import { WORD_CLASS } from "../engine/char-codes.ts";

/** How long the IBANs of each country are (SWIFT IBAN registry, release 99, and the countries that use them unlisted). */
const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24,
  AE: 23,
  AL: 28,
  AT: 20,
  AZ: 28,
  BA: 20,
  BE: 16,
  BG: 22,
  BH: 22,
  BI: 27,
  BR: 29,
  BY: 28,
  CH: 21,
  CR: 22,
  CY: 28,
  CZ: 24,
  DE: 22,
  DJ: 27,
  DK: 18,
  DO: 28,
  EE: 20,
  EG: 29,
  ES: 24,
  FI: 18,
  FK: 18,
  FO: 18,
  FR: 27,
  GB: 22,
  GE: 22,
  GI: 23,
  GL: 18,
  GR: 27,
  GT: 28,
  HN: 28,
  HR: 21,
  HU: 28,
  IE: 22,
  IL: 23,
  IQ: 23,
  IS: 26,
  IT: 27,
  JO: 30,
  KW: 30,
  KZ: 20,
  LB: 28,
  LC: 32,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  LY: 25,
  MC: 27,
  MD: 24,
  ME: 22,
  MK: 19,
  MN: 20,
  MR: 27,
  MT: 31,
  MU: 30,
  NI: 28,
  NL: 18,
  NO: 15,
  OM: 23,
  PK: 24,
  PL: 28,
  PS: 29,
  PT: 25,
  QA: 29,
  RO: 24,
  RS: 22,
  RU: 33,
  SA: 24,
  SC: 31,
  SD: 18,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
  SO: 23,
  ST: 25,
  SV: 28,
  TL: 23,
  TN: 24,
  TR: 26,
  UA: 29,
  VA: 22,
  VG: 24,
  XK: 20,
  YE: 30,
  // Not in the registry, but issued: https://www.swift.com lists them as partial adopters.
  AO: 25,
  BF: 28,
  BJ: 28,
  CF: 27,
  CG: 27,
  CI: 28,
  CM: 27,
  CV: 25,
  DZ: 26,
  GA: 27,
  GQ: 27,
  GW: 25,
  IR: 26,
  KM: 27,
  MA: 28,
  MG: 27,
  ML: 28,
  MZ: 25,
  NE: 28,
  SN: 28,
  TD: 27,
  TG: 28,
};

// By length: so many letters and digits, with up to two blanks, dashes, line breaks or dots between two of them.
const WRITTEN: RegExp[] = [];

/** Finds IBANs: the country's length and the check digits (ISO 13616, modulo 97). */
export const iban: Detector = {
  type: "IBAN",
  triggers: [/[A-Za-z]{2}\d\d/],
  left: 1,
  right: 80,
  version: "1",
  verify({ text, start }) {
    const length = IBAN_LENGTHS[text.slice(start, start + 2).toUpperCase()];
    if (length === undefined) return undefined;
    WRITTEN[length] ??= new RegExp(
      `(?<![${WORD_CLASS}])(?:[A-Za-z\\d][ \\-\\n.]{0,2}){${length - 1}}[A-Za-z\\d](?![${WORD_CLASS}])`,
      "y",
    );
    const pattern = WRITTEN[length];
    pattern.lastIndex = start;
    const written = pattern.exec(text)?.[0];
    if (written === undefined) return undefined;
    const value = written.replace(/[ \-\n.]/g, "");
    const upper = value.toUpperCase();
    // A word may be of letters alone; an account number never mixes their case.
    if (value !== upper && value !== value.toLowerCase()) return undefined;
    // Remainders of 2 to 98 are given out: 00, 01 and 99 would leave the same remainder.
    if (/^..(?:0[01]|99)/.test(upper)) return undefined;
    if (mod97(upper.slice(4) + upper.slice(0, 4)) !== 1) return undefined;
    return { start, end: start + written.length, score: 0.98, reason: "mod97" };
  },
};
