import { argumentInvalid, assertObject } from "@keelson/core";
import { assertPhoneRegions } from "../phone/assert-phone-regions.ts";
import type { ListRule } from "./list-rule.ts";

/** `parsePhoneNumberFromString` of libphonenumber-js, or anything that answers like it. */
export type PhoneNumberParser = (text: string, country?: never) => ParsedPhoneNumber | undefined;

/** The part of a parsed number that the rule uses. */
export interface ParsedPhoneNumber {
  /** Is it a number that is given out? */
  isValid(): boolean;
}

/** What {@link onlyValidPhones} takes. */
export interface OnlyValidPhonesOptions {
  /** `parsePhoneNumberFromString` from `libphonenumber-js/max`. */
  readonly parse: PhoneNumberParser;
  /** The countries (ISO 3166) whose national numbers count, beside international ones: at least one. Default `["US"]`. */
  readonly countries?: readonly string[] | undefined;
  /** The version of libphonenumber-js; part of the redactor's id. Default `"1"`. */
  readonly version?: string | undefined;
}

/**
 * Makes an allow rule that leaves what libphonenumber-js does not take for a telephone number that is given out. It
 * lowers false finds where ids look like numbers, and leaves numbers of countries you did not name: use it where that
 * matters more to you than finding every number.
 *
 * @throws KeelsonError ARGUMENT_INVALID when `parse` is no function, or a country none with telephones.
 *
 * @example
 * ```ts
 * import { createRedactor, onlyValidPhones } from "@keelson/redaction";
 * import { parsePhoneNumberFromString } from "libphonenumber-js/max";
 *
 * const redactor = createRedactor({ allow: [onlyValidPhones({ parse: parsePhoneNumberFromString })] });
 * console.log((await redactor.redact("call 415-555-2671 or 999-555-2671")).text); // call [phone] or 999-555-2671
 * ```
 */
export function onlyValidPhones(options: OnlyValidPhonesOptions): ListRule {
  assertObject(options);
  const { parse, countries = ["US"], version = "1" } = options;
  if (typeof parse !== "function") throw argumentInvalid("parse", "is no function");
  assertPhoneRegions("countries", countries);
  // No country would make every number an invalid one, and leave it in the text.
  if (countries.length === 0) throw argumentInvalid("countries", "is empty");
  return {
    type: "PHONE",
    version: `libphonenumber-js@${version} ${countries.join(" ")}`,
    test: (value) => !countries.some((country) => parse(value, country as never)?.isValid() === true),
  };
}
