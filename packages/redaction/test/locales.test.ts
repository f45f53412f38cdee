import { readFileSync } from "node:fs";
import fc from "fast-check";
import validator from "validator";
import { describe, expect, it } from "vitest";
import { createRedactor, localeDetectors } from "../src/index.ts";
import { errorOf, found } from "./helpers.ts";

const CHARS = "0123456789";
const digits = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...CHARS), { minLength: length, maxLength: length }).map((list) => list.join(""));

/** What the detectors of a country find in a text, those of one type alone. */
async function ofType(locale: string, type: string, text: string): Promise<string[]> {
  return found(
    text,
    localeDetectors([locale]).filter((detector) => detector.type === type),
  );
}

describe("localeDetectors", () => {
  // Published examples, or made up with the right check digits, each behind its word.
  it.each([
    ["AU", "AU_TFN", "123 456 782", "TFN"],
    ["AU", "AU_MEDICARE", "2123 45670 1", ""],
    ["AU", "AU_ABN", "51 824 753 556", ""],
    ["AU", "AU_ACN", "004 085 616", "ACN"],
    ["BR", "BR_CPF", "390.533.447-05", ""],
    ["BR", "BR_CNPJ", "16.727.230/0001-97", ""],
    ["CA", "CA_SIN", "130 692 544", ""],
    ["DE", "DE_TAX_ID", "36 574 261 809", ""],
    ["DE", "DE_SOCIAL_SECURITY", "15070649C103", ""],
    ["DE", "DE_VAT_ID", "DE136695976", ""],
    ["DE", "DE_ID_CARD", "T220001293", "Ausweis"],
    ["ES", "ES_NIF", "54362315K", ""],
    ["ES", "ES_NIE", "X-2482300-W", ""],
    ["ES", "ES_CIF", "B64717838", ""],
    ["FI", "FI_PERSONAL_IDENTITY_CODE", "131052-308T", ""],
    ["FI", "FI_BUSINESS_ID", "2077474-0", ""],
    ["FR", "FR_NIR", "2 95 10 99 126 111 93", ""],
    ["FR", "FR_SIREN", "552 008 443", "SIREN"],
    ["FR", "FR_SIRET", "732 829 320 00074", ""],
    ["FR", "FR_VAT_ID", "FR40303265045", ""],
    ["GB", "UK_NHS", "943 476 5919", ""],
    ["GB", "UK_NINO", "AB 12 34 56 C", ""],
    ["IN", "IN_AADHAAR", "2341 2341 2346", ""],
    ["IN", "IN_PAN", "ACUPA7085R", ""],
    ["IN", "IN_GSTIN", "27AAPFU0939F1ZV", ""],
    ["IT", "IT_FISCAL_CODE", "RCCMNL83S18D969H", ""],
    ["IT", "IT_VAT_ID", "00743110157", "P. IVA"],
    ["NL", "NL_BSN", "111222333", "BSN"],
    ["NL", "NL_VAT_ID", "NL004495445B01", ""],
    ["PL", "PL_PESEL", "44051401359", ""],
    ["PL", "PL_NIP", "856-734-62-15", ""],
    ["PL", "PL_REGON", "123456785", "REGON"],
    ["SE", "SE_PERSONNUMMER", "880320-0016", ""],
    ["SE", "SE_ORGANISATIONSNUMMER", "556703-7485", ""],
    ["US", "US_ITIN", "912-90-3457", ""],
    ["US", "US_EIN", "91-1144442", "EIN"],
    ["US", "US_ABA", "111000025", "routing"],
    ["US", "US_NPI", "1234567893", "NPI"],
    ["US", "US_MBI", "1EG4-TE5-MK73", ""],
  ])("finds in %s a %s: %s", async (locale, type, value, word) => {
    expect(await ofType(locale, type, `${word} ${value}`)).toEqual([`${type}:${value}`]);
    // The last digit is the check digit, or a part of what is checked, of all but these.
    const unchecked = ["US_ITIN", "US_EIN", "US_MBI", "UK_NINO", "IN_PAN", "NL_VAT_ID", "AU_MEDICARE"];
    const broken = value.replace(/[0-9](?=[^0-9]*$)/, (digit) => CHARS[(Number(digit) + 1) % 10] ?? "");
    if (!unchecked.includes(type)) expect(await ofType(locale, type, `${word} ${broken}`)).toEqual([]);
  });

  // Where validator knows the same number, it has the last word on numbers at random.
  it.each<[string, string, fc.Arbitrary<string>, (value: string) => boolean]>([
    [
      "ES",
      "ES_NIF",
      fc.tuple(digits(8), fc.constantFrom(..."TRWAGMY")).map(([n, c]) => n + c),
      (v) => validator.isIdentityCard(v, "ES"),
    ],
    ["PL", "PL_PESEL", digits(11), (v) => validator.isIdentityCard(v, "PL")],
    [
      "IN",
      "IN_AADHAAR",
      digits(12).map((v) => `${v.slice(0, 4)} ${v.slice(4, 8)} ${v.slice(8)}`),
      (v) => validator.isIdentityCard(v, "IN"),
    ],
    [
      "DE",
      "DE_TAX_ID",
      digits(11).map((v) => `Steuer-ID ${v}`),
      (v) => validator.isTaxID(v.slice(10), "de-DE"),
    ],
    ["NL", "NL_BSN", digits(9).map((v) => `BSN ${v}`), (v) => validator.isTaxID(v.slice(4), "nl-NL")],
    ["BR", "BR_CPF", digits(11), (v) => validator.isTaxID(v, "pt-BR")],
    [
      "CA",
      "CA_SIN",
      digits(9).map((v) => `SIN ${v}`),
      (v) => /^[1-79]/.test(v.slice(4)) && validator.isTaxID(v.slice(4), "en-CA"),
    ],
    ["US", "US_ABA", digits(9).map((v) => `ABA ${v}`), (v) => validator.isAbaRouting(v.slice(4))],
  ])("agrees with validator in %s on %s", async (locale, type, values, oracle) => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        // Nothing is found that the oracle refuses.
        if ((await ofType(locale, type, value)).length > 0)
          expect([value, oracle(value)]).toEqual([value, true]);
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves bare digits without a word where the check digit proves little", async () => {
    for (const [locale, text] of [
      ["GB", "9434765919"],
      ["NL", "111222333"],
      ["US", "1234567893"],
      ["CA", "130692544"],
      ["AU", "123456782"],
    ]) {
      expect(await found(text as string, localeDetectors([locale as string]).slice(0, -1))).toEqual([]);
    }
  });

  it("reads national types without the country in placeholders", async () => {
    const redactor = createRedactor({ locales: ["GB", "DE"] });
    expect((await redactor.redact("NHS 943 476 5919, Ust. DE136695976")).text).toBe(
      "NHS [nhs], Ust. [vat_id]",
    );
    expect((await redactor.redact("[nhs] [vat_id]")).text).toBe("[nhs] [vat_id]");
  });

  it("finds telephone numbers as they are written there", async () => {
    const redactor = createRedactor({ locales: ["PT"] });
    expect((await redactor.redact("912 345 678")).text).toBe("[phone]");
    expect((await createRedactor().redact("912 345 678")).text).toBe("912 345 678");
  });

  it("refuses what is no country", async () => {
    for (const locale of ["UK", "gb", "800", ""]) {
      expect((await errorOf(() => createRedactor({ locales: [locale] }))).code).toBe("ARGUMENT_INVALID");
    }
  });
});

describe("phone regions", () => {
  it("are those of the libphonenumber-js that is installed", async () => {
    const script = new URL("../scripts/generate-phone-regions.mjs", import.meta.url).href;
    const { phoneRegionsSource, target } = await import(/* @vite-ignore */ script);
    expect(readFileSync(target, "utf8")).toBe(phoneRegionsSource());
  });
});
