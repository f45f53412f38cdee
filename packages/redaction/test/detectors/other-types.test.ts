import fc from "fast-check";
import validator from "validator";
import { describe, expect, it } from "vitest";
import {
  createRedactor,
  cryptoAddress,
  dateOfBirth,
  mac,
  regexDetector,
  spelledEmail,
  url,
} from "../../src/index.ts";
import { errorOf, found } from "../helpers.ts";

describe("mac", () => {
  it("finds pairs and groups of four, in one notation", async () => {
    for (const value of [
      "aa:bb:cc:00:11:22",
      "AA-BB-CC-00-11-22",
      "aabb.cc00.1122",
      "aa:bb:cc:ff:fe:00:11:22",
    ]) {
      expect(await found(`at ${value}.`, [mac])).toEqual([`MAC:${value}`]);
    }
    for (const value of [
      "aa:bb:cc:00:11",
      "aa:bb-cc:00:11:22",
      "aa:bb:cc:00:11:22:33",
      "00:00:00:00:00:00",
      "2024-01-02-03-04-05",
    ]) {
      expect(await found(value, [mac])).toEqual([]);
    }
  });

  it("agrees with validator on pairs", async () => {
    const pair = fc.stringMatching(/^[0-9a-f]{1,3}$/);
    await fc.assert(
      fc.asyncProperty(fc.array(pair, { minLength: 5, maxLength: 7 }), async (pairs) => {
        const value = pairs.join(":");
        fc.pre(!/^[0:]+$|^[f:]+$/.test(value));
        const expected = validator.isMACAddress(value, { eui: "48" });
        expect(await found(value, [mac])).toEqual(expected ? [`MAC:${value}`] : []);
      }),
    );
  });
});

describe("cryptoAddress", () => {
  // The examples of BIP 173, BIP 350, ERC-55 and the Bitcoin wiki.
  const ADDRESSES = [
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0x52908400098527886e0f7030069857d2e4169ee7",
  ];

  it.each(ADDRESSES)("finds %s", async (address) => {
    expect(await found(`to ${address}, now`, [cryptoAddress])).toEqual([`CRYPTO:${address}`]);
  });

  it("leaves addresses with a wrong character", async () => {
    for (const address of ADDRESSES.slice(0, 6)) {
      const wrong = address.slice(0, -1) + (address.endsWith("2") ? "3" : address.endsWith("D") ? "d" : "2");
      expect(await found(wrong, [cryptoAddress])).toEqual([]);
    }
    expect(await found("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", [cryptoAddress])).toEqual([]);
    expect(await found("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3T4", [cryptoAddress])).toEqual([]);
  });
});

describe("dateOfBirth", () => {
  it.each([
    ["DOB: 03/05/1980", "03/05/1980"],
    ["date of birth: 1980-03-05.", "1980-03-05"],
    ["born on 5 March 1980 in", "5 March 1980"],
    ["Born March 5th, 1980", "March 5th, 1980"],
    ["Geburtsdatum: 05.03.1980", "05.03.1980"],
    ["née le 5/3/1980", "5/3/1980"],
    ['"birthDate":"1980-03-05"', "1980-03-05"],
    ["syntymäaika 5.3.1980", "5.3.1980"],
  ])("finds the date in %s", async (text, date) => {
    expect(await found(text, [dateOfBirth])).toEqual([`DATE_OF_BIRTH:${date}`]);
  });

  it("leaves every other date", async () => {
    for (const text of [
      "on 1980-03-05",
      "birthday party on the fifth",
      "born in 1980",
      "reborn, then on 1980-03-05 it",
    ]) {
      expect(await found(text, [dateOfBirth])).toEqual([]);
    }
  });
});

describe("spelledEmail", () => {
  it.each([
    "ada [at] example.com",
    "ada(at)example(dot)com",
    "ada at example dot com",
    "ada dot lovelace at mail dot example dot org",
    "ADA at EXAMPLE dot COM",
    "ada@example[.]com",
    "ada[@]example.com",
  ])("finds %s", async (value) => {
    expect(await found(`write to: ${value}, please`, [spelledEmail])).toEqual([`EMAIL:${value}`]);
  });

  it("leaves sentences with at and dot in them", async () => {
    for (const text of [
      "meet at noon",
      "a dot at the end",
      "look [at] this",
      "the dot com boom",
      "at dot at dot",
    ]) {
      expect(await found(text, [spelledEmail])).toEqual([]);
    }
  });
});

describe("url", () => {
  it.each([
    ["see https://example.com/a?b=c#d.", "https://example.com/a?b=c#d"],
    ["(http://example.com/a_(b))", "http://example.com/a_(b)"],
    ["hxxps://evil[.]example[.]com/x", "hxxps://evil[.]example[.]com/x"],
    ["<ftp://x.example>", "ftp://x.example"],
  ])("finds the link in %s", async (text, link) => {
    expect(await found(text, [url])).toEqual([`URL:${link}`]);
  });

  it("leaves what has no scheme or no host", async () => {
    expect(await found("example.com a:// http:// x://y", [url])).toEqual([]);
  });
});

describe("regexDetector", () => {
  it("finds what a pattern of bounded length matches", async () => {
    const ticket = regexDetector({ type: "TICKET", pattern: /\bHR-\d{4,6}\b/i });
    expect(await found("hr-1234, HR-123, HR-1234567", [ticket])).toEqual(["TICKET:hr-1234"]);
  });

  it("asks for a context where it is given one", async () => {
    const badge = regexDetector({ type: "BADGE", pattern: /\b\d{5}\b/, context: /badge/i });
    expect(await found("Badge 12345", [badge])).toEqual(["BADGE:12345"]);
    expect(await found("12345 badge", [badge])).toEqual([]);
  });

  it("tries any pattern around its triggers, in a bounded window", async () => {
    const line = regexDetector({
      type: "LINE",
      pattern: /(?<=case )\w+-\w+/,
      triggers: ["case "],
      right: 32,
    });
    expect(await found("case a1-b2 and case c3", [line])).toEqual([]);
    const name = regexDetector({ type: "NAME", pattern: /case \w+-\w+/, triggers: ["case "], right: 32 });
    expect(await found("case a1-b2 and case c3", [name])).toEqual(["NAME:case a1-b2"]);
    expect(await found(`case ${"x".repeat(40)}-y`, [name])).toEqual([]);
  });

  it("is refused where it could backtrack without bounds", async () => {
    for (const [pattern, triggers] of [
      [/a+b/, undefined],
      [/(?<=x)a/, undefined],
      [/(?:a+)+b/, ["a"]],
      [/(?:a|ab)+c/, ["a"]],
      [/\w+\w+\w+-/, ["a"]],
      [/(a)\1/, ["a"]],
      [/^a/, ["a"]],
    ] as const) {
      const error = await errorOf(() => regexDetector({ type: "A", pattern, triggers }));
      expect([String(pattern), error.code]).toEqual([String(pattern), "ARGUMENT_INVALID"]);
    }
  });

  it("never cuts off what a pattern without triggers matches", async () => {
    for (const right of [undefined, 1, 16]) {
      const long = regexDetector({ type: "A", pattern: /\bX\d{1,200}\b/, right });
      expect(await found(`X${"1".repeat(200)} end`, [long])).toEqual([`A:X${"1".repeat(200)}`]);
    }
  });

  it("refuses a context that could backtrack without bounds, and takes one with anchors", async () => {
    const pattern = /\b\d{4}\b/;
    for (const context of [/(a+)+b/, /(\w+\s?)+:/, /.*x.*y/, /(a)\1/]) {
      const error = await errorOf(() => regexDetector({ type: "A", pattern, context }));
      expect([error.code, String(context)]).toEqual(["ARGUMENT_INVALID", String(context)]);
    }
    const behind = regexDetector({ type: "A", pattern, context: /\bid:?\s*$/i });
    expect(await found("ID: 1234, id of 5678", [behind])).toEqual(["A:1234"]);
  });

  it("fails a text that costs more than its budget, whole", async () => {
    const digits = regexDetector({ type: "A", pattern: /\d{4}/, left: 0, right: 4, budget: 40 });
    const redactor = createRedactor({ detectors: [digits] });
    expect((await redactor.redact("1234 ".repeat(10))).findings).toHaveLength(10);
    const error = await errorOf(() => redactor.redact("1234 ".repeat(11)));
    expect(error.code).toBe("REDACTION_FAILED");
  });
});
