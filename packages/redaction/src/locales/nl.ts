import type { Detector } from "@keelson/core";
import { weightedSum } from "../checksums/digits.ts";
import { nationalNumber } from "./national-number.ts";

const isBsn = (value: string): boolean =>
  weightedSum(value, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && !/^0+$/.test(value);

/** Netherlands: citizens' service numbers (BSN) and VAT numbers. */
export const nl: readonly Detector[] = [
  nationalNumber({
    type: "NL_BSN",
    trigger: { digits: 9 },
    form: /\d{3}[ .]?\d{3}[ .]?\d{3}|\d{4}[ .]\d{2}[ .]\d{3}/y,
    words: /\bbsn\b|burgerservice|sofi/i,
    check: isBsn,
    proof: "word",
  }),
  nationalNumber({
    type: "NL_VAT_ID",
    trigger: /NL ?\d{9}/i,
    form: /NL ?\d{9} ?B ?\d\d/iy,
    words: /\bbtw\b|\bvat\b/i,
    check: () => true,
    proof: "form",
  }),
];
