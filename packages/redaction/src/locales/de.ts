import type { Detector } from "@keelson/core";
import { digitAt } from "../checksums/digits.ts";
import { isMod11Then10 } from "../checksums/iso7064.ts";
import { nationalNumber } from "./national-number.ts";

/** Of the first ten digits of a tax number one stands twice or thrice, never thrice in a row. */
function hasOneRepeated(value: string): boolean {
  const counts = Array.from({ length: 10 }, (_, digit) => value.slice(0, 10).split(String(digit)).length - 1);
  const repeated = counts.filter((count) => count > 1);
  return repeated.length === 1 && (repeated[0] ?? 0) <= 3 && !/(\d)\1\1/.test(value.slice(0, 10));
}

/** The check digit of pension insurance numbers: the letter as two digits, and the sums of digits of the products. */
function isPensionNumber(value: string): boolean {
  const digits = value.replace(/[A-Z]/, (letter) => String(letter.charCodeAt(0) - 64).padStart(2, "0"));
  const weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
  const sum = weights.reduce((total, weight, at) => {
    const product = weight * digitAt(digits, at);
    return total + Math.floor(product / 10) + (product % 10);
  }, 0);
  const day = Number(value.slice(2, 4)) % 50;
  const month = Number(value.slice(4, 6));
  return day <= 31 && month >= 1 && month <= 12 && sum % 10 === digitAt(digits, 12);
}

/** The check digit of identity cards and passports (ICAO 9303): weights 7, 3, 1, letters from 10. */
function isDocumentNumber(value: string): boolean {
  let sum = 0;
  for (let at = 0; at < 9; at += 1) sum += Number.parseInt(value[at] ?? "0", 36) * ([7, 3, 1][at % 3] ?? 0);
  return value.length === 9 || sum % 10 === digitAt(value, 9);
}

/** Germany: tax (Steuer-ID), pension insurance and VAT numbers, identity cards. */
export const de: readonly Detector[] = [
  nationalNumber({
    type: "DE_TAX_ID",
    trigger: { digits: 11 },
    form: /[1-9]\d(?: \d{3} \d{3} \d{3}|\d{9})/y,
    words: /steuer|\bidnr|\bst-?id|tax/i,
    check: (value) => hasOneRepeated(value) && isMod11Then10(value),
    proof: "marks",
  }),
  nationalNumber({
    type: "DE_SOCIAL_SECURITY",
    trigger: /\d{2} ?\d{6} ?[A-Za-z] ?\d{3}/,
    form: /\d{2} ?\d{6} ?[A-Z] ?\d{3}/iy,
    words: /versicherung|\bsvnr|\brvnr|sozial|rente/i,
    check: isPensionNumber,
    proof: "form",
  }),
  nationalNumber({
    type: "DE_VAT_ID",
    trigger: /DE ?\d{3}/i,
    form: /DE ?\d{3}[ .-]?\d{3}[ .-]?\d{3}/iy,
    words: /\bust|umsatzsteuer|\bvat\b/i,
    check: (value) => isMod11Then10(value.slice(2)),
    proof: "form",
  }),
  nationalNumber({
    type: "DE_ID_CARD",
    trigger: /[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{8}/i,
    form: /[CFGHJKLMNPRTVWXYZ][0-9CFGHJKLMNPRTVWXYZ]{8}\d?/iy,
    words: /ausweis|personalausweis|reisepass|passport|\bpass\b|identity card|id card/i,
    check: (value) => /\d/.test(value) && isDocumentNumber(value),
    proof: "word",
  }),
];
