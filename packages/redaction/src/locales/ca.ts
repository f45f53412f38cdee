import type { Detector } from "@keelson/core";
import { isLuhn } from "../checksums/luhn.ts";
import { nationalNumber } from "./national-number.ts";

/** Canada: social insurance numbers (SIN). */
export const ca: readonly Detector[] = [
  nationalNumber({
    type: "CA_SIN",
    trigger: { digits: 9 },
    form: /[1-79]\d\d([ -]?)\d{3}\1\d{3}/y,
    words: /\bsin\b|social insurance|assurance sociale|\bnas\b/i,
    check: isLuhn,
    proof: "marks",
  }),
];
