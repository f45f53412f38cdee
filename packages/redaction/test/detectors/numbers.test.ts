import cardValidator from "card-validator";
import fc from "fast-check";
import { isValidIBAN } from "ibantools";
import examples from "libphonenumber-js/examples.mobile.json" with { type: "json" };
import { getCountries, getExampleNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { describe, expect, it } from "vitest";
import {
  contextPhone,
  creditCard,
  iban,
  internationalPhone,
  nanpPhone,
  regionalPhone,
  usSsn,
} from "../../src/index.ts";
import { found } from "../helpers.ts";

const digits = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((list) => list.join(""));

describe("creditCard", () => {
  it("finds cards in one row and grouped as on cards", async () => {
    for (const card of [
      "4111111111111111",
      "4111 1111 1111 1111",
      "4111-1111-1111-1111",
      "3782 822463 10005",
      "3056 930902 5904",
      "5555 5555 5555 4444",
      "6011 0009 9013 9424",
    ]) {
      expect(await found(`paid with ${card}, thanks`, [creditCard])).toEqual([`CREDIT_CARD:${card}`]);
    }
  });

  it("leaves numbers without the check digit, without an issuer, and parts of longer ones", async () => {
    for (const text of [
      "4111111111111112",
      "9111111111111116",
      "1.4111111111111111",
      "4111 11 111111 1111",
      "a4111111111111111",
      "4111111111111111b",
      "1700000000005 ms",
    ]) {
      expect(await found(text, [creditCard])).toEqual([]);
    }
  });

  it("accepts nothing that card-validator refuses among numbers of its networks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("4", "51", "37", "6011"), digits(15), async (prefix, rest) => {
        const number = (prefix + rest).slice(0, prefix === "37" ? 15 : 16);
        const expected = cardValidator.number(number).isValid;
        expect(await found(number, [creditCard])).toHaveLength(expected ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe("iban", () => {
  it("agrees with ibantools on the check digits", async () => {
    await fc.assert(
      fc.asyncProperty(digits(2), digits(18), async (check, account) => {
        const value = `DE${check}${account}`;
        expect(await found(value, [iban])).toHaveLength(isValidIBAN(value) ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });

  it("finds them grouped, in lower case, and at the end of a sentence", async () => {
    for (const value of [
      "DE89 3704 0044 0532 0130 00",
      "gb29nwbk60161331926819",
      "FR14-2004-1010-0505-0001-3M02-606",
    ]) {
      expect(isValidIBAN(value.replace(/\W/g, "").toUpperCase())).toBe(true);
      expect(await found(`to ${value}.`, [iban])).toEqual([`IBAN:${value}`]);
    }
  });

  it("leaves a wrong length, a wrong country and a longer word", async () => {
    for (const value of ["DE8937040044053201300", "ZZ89370400440532013000", "DE893704004405320130001"]) {
      expect(await found(value, [iban])).toEqual([]);
    }
  });
});

describe("usSsn", () => {
  it("finds three, two and four digits with one separator", async () => {
    for (const value of ["536-90-4399", "536 90 4399", "536.90.4399", "536  90  4399"]) {
      expect(await found(`is ${value}.`, [usSsn])).toEqual([`US_SSN:${value}`]);
    }
  });

  it("finds nine digits in a row only behind a context word", async () => {
    expect(await found("SSN: 536904399", [usSsn])).toEqual(["US_SSN:536904399"]);
    expect(await found("order 536904399", [usSsn])).toEqual([]);
  });

  it("leaves numbers that were never issued and parts of longer ones", async () => {
    for (const value of [
      "000-12-3456",
      "666-12-3456",
      "900-12-3456",
      "536-00-4399",
      "536-90-0000",
      "536-90 4399",
    ]) {
      expect(await found(value, [usSsn])).toEqual([]);
    }
    for (const value of ["1-536-90-4399", "536-90-4399-1", "5536-90-4399", "536-90-43990", "x536-90-4399"]) {
      expect(await found(value, [usSsn])).toEqual([]);
    }
  });
});

describe("internationalPhone", () => {
  it("finds an example number of every country, as E.164 and spaced", async () => {
    for (const country of getCountries()) {
      const example = getExampleNumber(country, examples);
      if (example === undefined) continue;
      for (const value of [example.number, example.formatInternational()]) {
        expect(await found(`at ${value}, or`, [internationalPhone])).toEqual([`PHONE:${value}`]);
      }
    }
  });

  it("takes an extension along and leaves what follows", async () => {
    expect(await found("+1 212 555 0134 ext. 12 now", [internationalPhone])).toEqual([
      "PHONE:+1 212 555 0134 ext. 12",
    ]);
    expect(await found("+1 212 555 0134 5 times", [internationalPhone])).toEqual(["PHONE:+1 212 555 0134"]);
    expect(await found("+44 (0)20 7946 0958", [internationalPhone])).toEqual(["PHONE:+44 (0)20 7946 0958"]);
  });

  it("leaves sums and versions", async () => {
    expect(await found("1+12345678 and +1.2.3 and c++11 and +5", [internationalPhone])).toEqual([]);
  });
});

describe("nanpPhone", () => {
  it("finds grouped numbers", async () => {
    for (const value of [
      "(212) 555-0134",
      "212-555-0134",
      "212.555.0134",
      "212 555 0134",
      "1-212-555-0134",
      "1 (212) 555-0134",
    ]) {
      expect(await found(`x ${value}, y`, [nanpPhone])).toEqual([`PHONE:${value}`]);
      expect(parsePhoneNumberFromString(value, "US")?.isPossible()).toBe(true);
    }
  });

  it("finds ten digits in a row only behind a context word", async () => {
    expect(await found("call 2125550134", [nanpPhone])).toEqual(["PHONE:2125550134"]);
    expect(await found("order 2125550134", [nanpPhone])).toEqual([]);
    expect(await found("1700000000", [nanpPhone])).toEqual([]);
  });
});

describe("contextPhone", () => {
  it("finds what a word announces, and nothing without one", async () => {
    expect(await found("Tel.: 030 1234567", [contextPhone])).toEqual(["PHONE:030 1234567"]);
    expect(await found("Phone:\n(08) 8747 6301", [contextPhone])).toEqual(["PHONE:(08) 8747 6301"]);
    expect(await found("电话：0755 1234567", [contextPhone])).toEqual(["PHONE:0755 1234567"]);
    expect(await found("030 1234567", [contextPhone])).toEqual([]);
  });

  it("leaves dates and what another word names", async () => {
    expect(await found("call on 2024-01-31", [contextPhone])).toEqual([]);
    expect(await found("call about order 12345678", [contextPhone])).toEqual([]);
  });
});

describe("regionalPhone", () => {
  it("finds national numbers of its regions and of no others", async () => {
    const detectors = [regionalPhone(["GB", "DE"])];
    expect(await found("on 020 7946 0958 or", detectors)).toEqual(["PHONE:020 7946 0958"]);
    expect(await found("on 02079460958 or", detectors)).toEqual(["PHONE:02079460958"]);
    expect(await found("on 020 7946 0958 or", [regionalPhone(["FR"])])).toEqual([]);
  });
});
