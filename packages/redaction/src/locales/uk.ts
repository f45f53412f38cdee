import type { Detector } from "@keelson/core";
import { digitAt, weightedSum } from "../checksums/digits.ts";
import { nationalNumber } from "./national-number.ts";

/** United Kingdom: NHS and national insurance numbers. */
export const uk: readonly Detector[] = [
  nationalNumber({
    type: "UK_NHS",
    trigger: { digits: 10 },
    form: /\d{3}([ -]?)\d{3}\1\d{4}/y,
    words: /\bnhs\b|national health|health service/i,
    check: (value) =>
      (11 - (weightedSum(value, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === digitAt(value, 9),
    proof: "marks",
  }),
  nationalNumber({
    type: "UK_NINO",
    trigger: /[A-Za-z]{2} ?\d\d ?\d\d ?\d\d/,
    form: /(?!BG|GB|NK|KN|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]/iy,
    words: /\bni(?:no)?\b|national insurance/i,
    check: () => true,
    proof: "form",
  }),
];
