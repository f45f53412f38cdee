import type { Detector } from "@keelson/core";
import { isLuhn } from "../checksums/luhn.ts";
import { digitsOf, ENDS, GAP, STARTS } from "./written-number.ts";

interface Network {
  /** What numbers of it start with. */
  readonly prefix: RegExp;
  readonly lengths: readonly number[];
}

// ISO/IEC 7812 ranges as the networks publish them.
const NETWORKS: readonly Network[] = [
  { prefix: /^4/, lengths: [13, 16, 19] }, // Visa
  { prefix: /^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, lengths: [16] }, // Mastercard
  { prefix: /^3[47]/, lengths: [15] }, // American Express
  { prefix: /^(?:6011|64[4-9]|65)/, lengths: [16, 17, 18, 19] }, // Discover
  { prefix: /^(?:30[0-5]|3095|36|3[89])/, lengths: [14, 16, 19] }, // Diners Club
  { prefix: /^35/, lengths: [16, 17, 18, 19] }, // JCB
  { prefix: /^(?:1800|2131)/, lengths: [15] }, // JCB, as issued until 2009
  { prefix: /^(?:62|81)/, lengths: [16, 17, 18, 19] }, // UnionPay
  { prefix: /^(?:0604|50|5[6-8]|6304|67)/, lengths: [12, 13, 14, 15, 16, 17, 18, 19] }, // Maestro
  { prefix: /^220[0-4]/, lengths: [16, 17, 18, 19] }, // Mir
  { prefix: /^(?:60|508|82)/, lengths: [16] }, // RuPay
  { prefix: /^(?:4011|4312|4389|5041|5066|5090|6277|6362|6363|650|651|6516|655)/, lengths: [16] }, // Elo
  { prefix: /^(?:6372|6375|6376|9792)/, lengths: [16] }, // InstaPayment, Troy
];

// By all digits of a number: its issuer's prefix, and a length that issuer gives out.
const ISSUED = new RegExp(
  `^(?:${NETWORKS.map(({ prefix, lengths }) => `(?=(?:${lengths.map((length) => `\\d{${length}}`).join("|")})$)(?:${prefix.source.slice(1)})`).join("|")})`,
);

const FOURS = `\\d{4}${GAP}\\d{4}${GAP}\\d{4}${GAP}\\d{4}`;
// How the digits are grouped on cards. Four groups of four may have a fifth; where that is no card they may be one.
const WRITTEN = [
  [
    "\\d{12,19}",
    `${FOURS}(?:${GAP}\\d{1,3})?`,
    `\\d{4}${GAP}\\d{6}${GAP}\\d{4,5}`,
    `\\d{4}${GAP}\\d{4}${GAP}\\d{4}${GAP}\\d{1,3}`,
    `\\d{4}${GAP}\\d{4}${GAP}\\d{5}`,
    `\\d{4}${GAP}\\d{3}${GAP}\\d{3}${GAP}\\d{3}`,
    `\\d{6}${GAP}\\d{13}`,
    `\\d{8}${GAP}\\d{8}`,
  ].join("|"),
  FOURS,
].map((forms) => new RegExp(`${STARTS}(?:${forms})${ENDS}`, "y"));
const CONTEXT =
  /\bcard|\bcredit|\bdebit|\bvisa\b|\bmaster ?card|\bamex\b|\bpan\b|\bcc\b|carte|kredit|tarjeta/i;

/**
 * Finds payment card numbers: a known issuer's prefix and length, the Luhn check digit, and digits in one row or
 * grouped as on cards.
 */
export const creditCard: Detector = {
  type: "CREDIT_CARD",
  triggers: [{ digits: 12 }],
  left: 64,
  right: 64,
  version: "1",
  verify({ text, start }) {
    for (const pattern of WRITTEN) {
      pattern.lastIndex = start;
      const written = pattern.exec(text)?.[0];
      if (written === undefined) return undefined;
      if (!isLuhn(written)) continue;
      const digits = digitsOf(written);
      if (!ISSUED.test(digits)) continue;
      // One in ten numbers has the check digit: in one row, a length that ids have too needs a word for it.
      const telling = digits.length < written.length || (digits.length >= 14 && digits.length <= 16);
      const context = CONTEXT.test(text.slice(0, start));
      if (telling || context)
        return { start, end: start + written.length, score: context ? 0.98 : 0.95, reason: "luhn" };
    }
    return undefined;
  },
};
