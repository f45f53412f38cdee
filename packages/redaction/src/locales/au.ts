import type { Detector } from "@keelson/core";
import { digitAt, weightedSum } from "../checksums/digits.ts";
import { nationalNumber } from "./national-number.ts";

/** Australia: tax file (TFN), Medicare, business (ABN) and company numbers (ACN). */
export const au: readonly Detector[] = [
  nationalNumber({
    type: "AU_TFN",
    trigger: { digits: 9 },
    form: /\d{3}[ -]?\d{3}[ -]?\d{3}/y,
    words: /\btfn\b|tax file/i,
    check: (value) => weightedSum(value, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    proof: "word",
  }),
  nationalNumber({
    type: "AU_MEDICARE",
    trigger: { digits: 10 },
    form: /[2-6]\d{3}[ -]?\d{5}[ -]?\d(?:[ /-]?\d)?/y,
    words: /medicare/i,
    check: (value) => weightedSum(value, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === digitAt(value, 8),
    proof: "marks",
  }),
  nationalNumber({
    type: "AU_ABN",
    trigger: { digits: 11 },
    form: /\d\d[ -]?\d{3}[ -]?\d{3}[ -]?\d{3}/y,
    words: /\babn\b|business number/i,
    check: (value) =>
      weightedSum(String(digitAt(value, 0) - 1) + value.slice(1), [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) %
        89 ===
      0,
    proof: "marks",
  }),
  nationalNumber({
    type: "AU_ACN",
    trigger: { digits: 9 },
    form: /\d{3}[ -]?\d{3}[ -]?\d{3}/y,
    words: /\bacn\b|company number/i,
    check: (value) => (10 - (weightedSum(value, [8, 7, 6, 5, 4, 3, 2, 1]) % 10)) % 10 === digitAt(value, 8),
    proof: "word",
  }),
];
