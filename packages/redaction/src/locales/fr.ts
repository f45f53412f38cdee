import type { Detector } from "@keelson/core";
import { isLuhn } from "../checksums/luhn.ts";
import { mod97 } from "../checksums/mod97.ts";
import { nationalNumber } from "./national-number.ts";

/** Corsica's departments have a letter, which counts as another number less a million or two. */
function isNir(value: string): boolean {
  const corsica = value[6] === "A" ? 1_000_000 : value[6] === "B" ? 2_000_000 : 0;
  const body = Number(value.slice(0, 13).replace(/[AB]/, "0")) - corsica;
  return 97 - (body % 97) === Number(value.slice(13));
}

/** France: social security (NIR), companies and establishments (SIREN, SIRET), VAT. */
export const fr: readonly Detector[] = [
  nationalNumber({
    type: "FR_NIR",
    trigger: /[12] ?\d\d ?[0-9]\d ?\d/,
    form: /[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d/iy,
    words: /s[ée]cu|\bnir\b|\binsee\b|num[ée]ro de s/i,
    check: isNir,
    proof: "form",
  }),
  nationalNumber({
    type: "FR_SIRET",
    trigger: { digits: 14 },
    form: /\d{3} ?\d{3} ?\d{3} ?\d{5}/y,
    words: /siret/i,
    check: isLuhn,
    proof: "marks",
  }),
  nationalNumber({
    type: "FR_SIREN",
    trigger: { digits: 9 },
    form: /\d{3} ?\d{3} ?\d{3}/y,
    words: /siren|\brcs\b/i,
    check: isLuhn,
    proof: "word",
  }),
  nationalNumber({
    type: "FR_VAT_ID",
    trigger: /FR ?\d\d ?\d/i,
    form: /FR ?\d\d ?\d{3} ?\d{3} ?\d{3}/iy,
    words: /\btva\b|\bvat\b/i,
    check: (value) => isLuhn(value.slice(4)) && mod97(`${value.slice(4)}12`) === Number(value.slice(2, 4)),
    proof: "form",
  }),
];
