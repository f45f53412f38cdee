import type { Detector } from "@keelson/core";
import { digitAt } from "../checksums/digits.ts";
import { nationalNumber } from "./national-number.ts";

const LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";

const isNif = (value: string): boolean => {
  const digits = value.slice(0, -1).replace(/^[XYZ]/, (letter) => String("XYZ".indexOf(letter)));
  return LETTERS[Number(digits) % 23] === value.at(-1);
};

/** The check of companies' numbers: Luhn's sum over seven digits, as a digit or a letter by kind. */
function isCif(value: string): boolean {
  let sum = 0;
  for (let at = 1; at <= 7; at += 1) {
    const digit = digitAt(value, at) * (at % 2 === 1 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  const check = (10 - (sum % 10)) % 10;
  const last = value.at(-1) ?? "";
  return /[KPQRSNW]/.test(value[0] ?? "")
    ? last === "JABCDEFGHI"[check]
    : last === String(check) || last === "JABCDEFGHI"[check];
}

/** Spain: identity numbers of citizens, foreigners and companies (DNI or NIF, NIE, CIF). */
export const es: readonly Detector[] = [
  nationalNumber({
    type: "ES_NIF",
    trigger: /\d{8}[ -]?[A-Za-z]/,
    form: /\d{8}[ -]?[A-HJ-NP-TV-Z]/iy,
    words: /\bdni\b|\bnif\b|documento/i,
    check: isNif,
    proof: "form",
  }),
  nationalNumber({
    type: "ES_NIE",
    trigger: /[XYZ][ -]?\d{7}/i,
    form: /[XYZ][ -]?\d{7}[ -]?[A-HJ-NP-TV-Z]/iy,
    words: /\bnie\b|extranjero/i,
    check: isNif,
    proof: "form",
  }),
  nationalNumber({
    type: "ES_CIF",
    trigger: /[A-HJNP-SUVW][ -]?\d{7}/i,
    form: /[A-HJNP-SUVW][ -]?\d{7}[ -]?[0-9A-J]/iy,
    words: /\bcif\b|\bnif\b|empresa/i,
    check: isCif,
    proof: "form",
  }),
];
