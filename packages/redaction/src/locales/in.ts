import type { Detector } from "@keelson/core";
import { isVerhoeff } from "../checksums/verhoeff.ts";
import { nationalNumber } from "./national-number.ts";

/** The check character of GSTIN: base 36, every other value doubled, digits of the products added. */
function isGstin(value: string): boolean {
  let sum = 0;
  for (let at = 0; at < 14; at += 1) {
    const product = Number.parseInt(value[at] ?? "0", 36) * (at % 2 === 0 ? 1 : 2);
    sum += Math.floor(product / 36) + (product % 36);
  }
  return ((36 - (sum % 36)) % 36).toString(36).toUpperCase() === value[14];
}

/** India: Aadhaar, permanent account numbers (PAN), goods and services tax (GSTIN). Named so since `in` is a word of the language. */
export const india: readonly Detector[] = [
  nationalNumber({
    type: "IN_AADHAAR",
    trigger: { digits: 12 },
    form: /[2-9]\d{3}([ -]?)\d{4}\1\d{4}/y,
    words: /aadhaa?r|\buid\b|uidai|आधार/i,
    check: (value) => isVerhoeff(value) && value !== [...value].reverse().join(""),
    proof: "marks",
  }),
  nationalNumber({
    type: "IN_PAN",
    trigger: /[A-Za-z]{5}\d{4}[A-Za-z]/,
    form: /[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]/iy,
    words: /\bpan\b|permanent account/i,
    check: () => true,
    proof: "form",
  }),
  nationalNumber({
    type: "IN_GSTIN",
    trigger: /\d\d[A-Za-z]{5}\d{4}[A-Za-z]/,
    form: /(?:[0-2]\d|3[0-8]|97|99)[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]/iy,
    words: /\bgst(?:in)?\b/i,
    check: isGstin,
    proof: "form",
  }),
];
