import type { Detector } from "@keelson/core";
import { weightedSum } from "../checksums/digits.ts";
import { isLuhn } from "../checksums/luhn.ts";
import { nationalNumber } from "./national-number.ts";

/** United States: taxpayer (ITIN) and employer numbers (EIN), bank routing (ABA), providers (NPI), Medicare (MBI). */
export const us: readonly Detector[] = [
  nationalNumber({
    type: "US_ITIN",
    trigger: { digits: 9 },
    form: /9\d\d[- ]?(?:5\d|6[0-5]|7\d|8[0-8]|9[0-2]|9[4-9])[- ]?\d{4}/y,
    words: /\bitin\b|taxpayer|tax id/i,
    check: () => true,
    proof: "marks",
  }),
  nationalNumber({
    type: "US_EIN",
    trigger: { digits: 9 },
    form: /(?:0[1-6]|1[0-6]|2[0-7]|3[0-9]|4[0-8]|5[0-9]|6[0-8]|7[1-7]|8[0-8]|9[0-58-9])-?\d{7}/y,
    words: /\b(?:ein|fein|tin)\b|employer id|federal tax/i,
    check: () => true,
    proof: "word",
  }),
  nationalNumber({
    type: "US_ABA",
    trigger: { digits: 9 },
    form: /(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)\d\d-?\d{4}-?\d/y,
    words: /\baba\b|routing|\brtn\b|transit/i,
    check: (value) => weightedSum(value, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0,
    proof: "word",
  }),
  nationalNumber({
    type: "US_NPI",
    trigger: { digits: 10 },
    form: /[12]\d{9}|[12]\d{3}[- ]\d{3}[- ]\d{3}/y,
    words: /\bnpi\b|national provider|provider (?:id|number)/i,
    check: (value) => isLuhn(`80840${value}`),
    proof: "word",
  }),
  nationalNumber({
    type: "US_MBI",
    trigger: /\d[A-Za-z][0-9A-Za-z]\d-?[A-Za-z]/,
    form: /[1-9][AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y][0-9AC-HJKMNP-RT-Y]\d-?[AC-HJKMNP-RT-Y]{2}\d\d/iy,
    words: /\bmbi\b|medicare/i,
    check: () => true,
    proof: "form",
  }),
];
