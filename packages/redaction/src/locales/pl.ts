import type { Detector } from "@keelson/core";
import { digitAt, isDate, weightedSum } from "../checksums/digits.ts";
import { nationalNumber } from "./national-number.ts";

/** The date of birth in a PESEL: the month carries the century. */
function isPesel(value: string): boolean {
  const month = Number(value.slice(2, 4));
  const century = [1900, 2000, 2100, 2200, 1800][Math.floor(month / 20)] ?? 0;
  return (
    isDate(century + Number(value.slice(0, 2)), month % 20, Number(value.slice(4, 6))) &&
    weightedSum(value, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0
  );
}

/** Poland: PESEL, tax (NIP) and business numbers (REGON). */
export const pl: readonly Detector[] = [
  nationalNumber({
    type: "PL_PESEL",
    trigger: /\d{11}/,
    form: /\d{11}/y,
    words: /pesel/i,
    check: isPesel,
    proof: "form",
  }),
  nationalNumber({
    type: "PL_NIP",
    trigger: { digits: 10 },
    form: /\d{3}-\d{3}-\d\d-\d\d|\d{3}-\d\d-\d\d-\d{3}|\d{10}/y,
    words: /\bnip\b|\bvat\b|\bpl ?$/i,
    check: (value) => weightedSum(value, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === digitAt(value, 9),
    proof: "marks",
  }),
  nationalNumber({
    type: "PL_REGON",
    trigger: /\d{9}/,
    form: /\d{9}/y,
    words: /regon/i,
    check: (value) => (weightedSum(value, [8, 9, 2, 3, 4, 5, 6, 7]) % 11) % 10 === digitAt(value, 8),
    proof: "word",
  }),
];
