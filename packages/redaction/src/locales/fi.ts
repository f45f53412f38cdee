import type { Detector } from "@keelson/core";
import { digitAt, isDate, weightedSum } from "../checksums/digits.ts";
import { nationalNumber } from "./national-number.ts";

const CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY";
const CENTURIES: Readonly<Record<string, number>> = { "+": 1800, "-": 1900 };

/** The sign between date and number carries the century: `+` 1800, `-` and U to Y 1900, A to F 2000. */
function isHetu(value: string): boolean {
  const [, day, month, year, sign = "", number, check] =
    /^(\d\d)(\d\d)(\d\d)([-+A-FU-Y]?)(\d{3})(.)$/.exec(value) ?? [];
  const century = CENTURIES[sign] ?? (/[A-F]/.test(sign) ? 2000 : 1900);
  return (
    isDate(century + Number(year), Number(month), Number(day)) &&
    CHECKS[Number(`${day}${month}${year}${number}`) % 31] === check
  );
}

/** Finland: personal identity codes (henkilötunnus) and business ids. */
export const fi: readonly Detector[] = [
  nationalNumber({
    type: "FI_PERSONAL_IDENTITY_CODE",
    trigger: /\d{6}[-+A-FU-Y]\d{3}/i,
    form: /\d{6}[-+A-FU-Y]\d{3}[0-9A-FHJ-NPR-Y]/iy,
    words: /henkilötunnus|hetu|personbeteckning/i,
    check: isHetu,
    proof: "form",
  }),
  nationalNumber({
    type: "FI_BUSINESS_ID",
    trigger: /\d{7}-\d/,
    form: /\d{7}-\d/y,
    words: /y-?tunnus|business id|fo-nummer/i,
    check: (value) => (11 - (weightedSum(value, [7, 9, 10, 5, 8, 4, 2]) % 11)) % 11 === digitAt(value, 7),
    proof: "form",
  }),
];
