import type { Detector } from "@keelson/core";
import { digitAt, weightedSum } from "../checksums/digits.ts";
import { nationalNumber } from "./national-number.ts";

const check = (digits: string, weights: readonly number[]): boolean =>
  ((weightedSum(digits, weights) * 10) % 11) % 10 === digitAt(digits, weights.length);

const isCpf = (value: string): boolean =>
  !/^(\d)\1+$/.test(value) &&
  check(value, [10, 9, 8, 7, 6, 5, 4, 3, 2]) &&
  check(value, [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);

const isCnpj = (value: string): boolean =>
  !/^(\d)\1+$/.test(value) &&
  check(value, [5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) &&
  check(value, [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]);

/** Brazil: taxpayers (CPF) and companies (CNPJ). */
export const br: readonly Detector[] = [
  nationalNumber({
    type: "BR_CPF",
    trigger: { digits: 11 },
    form: /\d{3}\.\d{3}\.\d{3}-\d\d|\d{11}/y,
    words: /\bcpf\b/i,
    check: isCpf,
    proof: "form",
  }),
  nationalNumber({
    type: "BR_CNPJ",
    trigger: { digits: 14 },
    form: /\d\d\.\d{3}\.\d{3}[/.]\d{4}-\d\d|\d{14}/y,
    words: /\bcnpj\b/i,
    check: isCnpj,
    proof: "form",
  }),
];
