import type { Detector } from "@keelson/core";
import { isLuhn } from "../checksums/luhn.ts";
import { nationalNumber } from "./national-number.ts";

// What a character in an odd place counts, 0 to 9 and A to Z (D.M. 23 December 1976).
const ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

function isFiscalCode(value: string): boolean {
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const code = value.charCodeAt(at);
    const index = code < 58 ? code - 48 : code - 65;
    sum += at % 2 === 0 ? (ODD[index] ?? 0) : index;
  }
  return String.fromCharCode(65 + (sum % 26)) === value[15];
}

/** Italy: fiscal codes and VAT numbers (partita IVA). */
export const it: readonly Detector[] = [
  nationalNumber({
    type: "IT_FISCAL_CODE",
    trigger: /[A-Za-z]{6} ?[0-9LMNPQRSTUVlmnpqrstuv]{2}[A-Za-z]/,
    form: /[A-Z]{3} ?[A-Z]{3} ?[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2} ?[A-Z][0-9LMNP-V]{3}[A-Z]/iy,
    words: /codice fiscale|\bc\.?f\./i,
    check: isFiscalCode,
    proof: "form",
  }),
  nationalNumber({
    type: "IT_VAT_ID",
    trigger: /\d{11}/,
    form: /\d{11}/y,
    words: /\biva\b|\bp\. ?iva|\bvat\b|\bit ?$/i,
    check: (value) => isLuhn(value) && !/^0{7}/.test(value),
    proof: "word",
  }),
];
