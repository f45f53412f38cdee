import type { Detector } from "@keelson/core";
import { detectorCases, redactorCases, strictRedactorCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { describe } from "vitest";
import {
  contextPhone,
  createRedactor,
  creditCard,
  cryptoAddress,
  dateOfBirth,
  email,
  encrypt,
  iban,
  internationalPhone,
  ipv4,
  ipv6,
  mac,
  nanpPhone,
  numbered,
  pseudonym,
  type RedactorOptions,
  regexDetector,
  regionalPhone,
  spelledEmail,
  url,
  usSsn,
} from "../src/index.ts";
import { KEY, SECRETS } from "./helpers.ts";

const VALUES = [
  "ada@example.com",
  "ada at example dot com",
  "536-90-4399",
  "4111 1111 1111 1111",
  "GB29 NWBK 6016 1331 9268 19",
  "(212) 555-0134",
  "+44 20 7946 0958",
  "192.168.10.4",
  "2001:db8::8a2e:370:7334",
  "aa:bb:cc:00:11:22",
  "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
  SECRETS.github,
  SECRETS.jwt,
];
const examples = [
  ...VALUES.map((value) => ({ text: `See ${value} for more.`, hidden: [value] })),
  { text: VALUES.join("\n"), hidden: VALUES },
  { text: "Version 1.2.3.4 of 2024-01-31, order 123456789, 12:34:56, std::vector.", hidden: [] },
];

describe.each<[string, RedactorOptions]>([
  ["by default", {}],
  ["with locales", { locales: ["DE", "GB", "US"] }],
  ["with numbered placeholders", { operator: numbered() }],
  ["with pseudonyms", { operator: pseudonym(KEY) }],
  ["with ciphertexts", { operator: encrypt(KEY) }],
])("createRedactor %s", (_, options) => {
  testConformance(redactorCases, { create: () => createRedactor(options), examples });
  testConformance(strictRedactorCases, { create: () => createRedactor(options) });
});

describe.each<[string, Detector, string, string]>([
  ["email", email, "ada@example.com", "a@b is none"],
  ["spelledEmail", spelledEmail, "ada [at] example.com", "meet at noon"],
  ["creditCard", creditCard, "4111 1111 1111 1111", "4111 1111 1111 1112"],
  ["iban", iban, "GB29 NWBK 6016 1331 9268 19", "GB28 NWBK 6016 1331 9268 19"],
  ["usSsn", usSsn, "536-90-4399", "666-90-4399"],
  ["internationalPhone", internationalPhone, "+44 20 7946 0958", "+1"],
  ["nanpPhone", nanpPhone, "(212) 555-0134", "112-555-0134"],
  ["regionalPhone", regionalPhone(["GB"]), "020 7946 0958", "0.123456789"],
  ["ipv4", ipv4, "192.168.10.4", "1.2.3.4.5"],
  ["ipv6", ipv6, "2001:db8::8a2e:370:7334", "12:34:56"],
  ["mac", mac, "aa:bb:cc:00:11:22", "aa:bb:cc:00:11"],
  [
    "cryptoAddress",
    cryptoAddress,
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
  ],
  ["url", url, "https://example.com/a", "example.com"],
  ["regexDetector", regexDetector({ type: "CASE", pattern: /\bCASE-\d{6}\b/ }), "CASE-123456", "CASE-12345"],
])("%s", (_, detector, value, none) => {
  testConformance(detectorCases, {
    create: () => detector,
    examples: [
      { text: `See ${value} for more.`, value },
      { text: `See ${none} for more.`, value: undefined },
    ],
  });
});

describe("contextPhone and dateOfBirth", () => {
  testConformance(detectorCases, {
    create: () => contextPhone,
    examples: [
      { text: "Tel.: 030 1234567", value: "030 1234567" },
      { text: "Order: 030 1234567", value: undefined },
    ],
  });
  testConformance(detectorCases, {
    create: () => dateOfBirth,
    examples: [
      { text: "born on 5 March 1980", value: "5 March 1980" },
      { text: "seen on 5 March 1980", value: undefined },
    ],
  });
});
