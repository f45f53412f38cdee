import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { describe, expect, it } from "vitest";
import {
  createRedactor,
  defaultDetectors,
  type ListRule,
  onlyValidPhones,
  redactionReport,
} from "../src/index.ts";
import { errorOf } from "./helpers.ts";

describe("allow", () => {
  const left = async (rule: ListRule, text: string): Promise<string> =>
    (await createRedactor({ allow: [rule] }).redact(text)).text;

  it("leaves a value, whatever its case and disguise", async () => {
    expect(
      await left({ value: "Ada@example.com" }, "ada@EXAMPLE.com, a\u00adda@example.com, bob@example.com"),
    ).toBe("ada@EXAMPLE.com, a\u00adda@example.com, [email]");
  });

  it("leaves a value that the rule itself gives in disguise", async () => {
    expect(await left({ value: "ａda@example.com" }, "ada@example.com, ａda@example.com")).toBe(
      "ada@example.com, ａda@example.com",
    );
  });

  it("fails the text when a test throws, and does not quote what it threw", async () => {
    const test = (value: string): boolean => {
      throw new Error(`what is ${value}?`);
    };
    const error = await errorOf(() => left({ test }, "ada@example.com"));
    expect([error.code, error.cause]).toEqual(["REDACTION_FAILED", undefined]);
    expect(error.message).not.toContain("ada");
  });

  it("leaves all that end alike", async () => {
    expect(await left({ suffix: "@example.com" }, "a@example.com, a@example.org")).toBe(
      "a@example.com, [email]",
    );
  });

  it("leaves what a test accepts, of one type if it says so", async () => {
    const test = (value: string): boolean => value.startsWith("10.");
    expect(await left({ test }, "10.0.0.1 11.0.0.1")).toBe("10.0.0.1 [ip]");
    expect(await left({ test, type: "EMAIL" }, "10.0.0.1")).toBe("[ip]");
  });

  it("wins over deny", async () => {
    const redactor = createRedactor({
      allow: [{ value: "Falcon" }],
      deny: [{ type: "CODE", value: "falcon" }],
    });
    expect((await redactor.redact("Falcon")).text).toBe("Falcon");
  });

  it("refuses an empty value", async () => {
    expect((await errorOf(() => createRedactor({ allow: [{ value: "" }] }))).code).toBe("ARGUMENT_INVALID");
  });
});

describe("deny", () => {
  it("redacts a value as a word of its own, in any case", async () => {
    const redactor = createRedactor({ deny: [{ type: "CODENAME", value: "Project Falcon" }] });
    expect((await redactor.redact("project falcon, PROJECT FALCON; Project Falconry")).text).toBe(
      "[codename], [codename]; Project Falconry",
    );
  });

  it("redacts a value with a dash, a wide letter or a blank that is no plain one", async () => {
    const values = ["Acme – Berlin", "ＡＢＣ商事", "Jean‑Luc", "Rue\u00a0Haute"];
    const redactor = createRedactor({ deny: values.map((value) => ({ type: "NAME", value })) });
    expect((await redactor.redact([...values, "Acme - Berlin", "abc商事"].join(", "))).text).toBe(
      Array.from({ length: 6 }, () => "[name]").join(", "),
    );
    const hosts = createRedactor({ deny: [{ type: "HOST", suffix: "‑intern" }] });
    expect((await hosts.redact("on db‑intern")).text).toBe("on [host]");
  });

  it("redacts the word that a suffix ends", async () => {
    const redactor = createRedactor({ deny: [{ type: "HOST", suffix: ".corp.internal" }] });
    expect((await redactor.redact("on db-1.corp.internal, not corp.internal")).text).toBe(
      "on [host], not corp.internal",
    );
  });

  it("redacts the words that a test accepts", async () => {
    const redactor = createRedactor({ deny: [{ type: "STAFF", test: (word) => /^s\d{6}$/.test(word) }] });
    expect((await redactor.redact("(s123456), s12345 and “s654321”")).text).toBe(
      "([staff]), s12345 and “s654321”",
    );
  });

  it("wins over every detector", async () => {
    const redactor = createRedactor({ deny: [{ type: "BOSS", value: "ada@example.com" }] });
    expect((await redactor.redact("ada@example.com bob@example.com")).text).toBe("[boss] [email]");
  });

  it("finds values that are longer than a trigger", async () => {
    const value = `start ${"x".repeat(200)} end`;
    const redactor = createRedactor({ deny: [{ type: "LONG", value }] });
    expect((await redactor.redact(`a ${value} b ${value}s`)).text).toBe(`a [long] b ${value}s`);
  });
});

describe("lists", () => {
  it("make another id", () => {
    const ids = [
      createRedactor(),
      createRedactor({ allow: [{ value: "a" }] }),
      createRedactor({ allow: [{ suffix: "a" }] }),
      createRedactor({ allow: [{ value: "a", type: "EMAIL" }] }),
      createRedactor({ allow: [{ test: () => true, version: "1" }] }),
      createRedactor({ allow: [{ test: () => true, version: "2" }] }),
      createRedactor({ deny: [{ value: "a", type: "A" }] }),
      createRedactor({ deny: [{ value: "b", type: "A" }] }),
      createRedactor({ allowPaths: ["id"] }),
      createRedactor({ locales: ["DE"] }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("onlyValidPhones", () => {
  it("leaves what the library takes for no number", async () => {
    const allow = [onlyValidPhones({ parse: parsePhoneNumberFromString, countries: ["US", "DE"] })];
    const redactor = createRedactor({ allow, detectors: defaultDetectors });
    expect((await redactor.redact("call 415-555-2671, 999-555-2671, Tel. 030 901820, a@b.co")).text).toBe(
      "call [phone], 999-555-2671, Tel. [phone], [email]",
    );
  });
});

describe("redactionReport", () => {
  it("counts names that objects have by themselves", () => {
    const finding = { type: "A", start: 0, end: 1, detector: "constructor" };
    expect(redactionReport([{ findings: [finding, finding] }]).byDetector).toEqual({ constructor: 2 });
  });

  it("counts, and holds nothing else", async () => {
    const redactor = createRedactor({ includeValues: true });
    const texts = ["a@b.co and c@d.co", "10.0.0.1", "nothing"];
    const report = redactionReport(await Promise.all(texts.map((text) => redactor.redact(text))));
    expect(report).toEqual({
      texts: 3,
      textsWithFindings: 2,
      findings: 3,
      byType: { EMAIL: 2, IP: 1 },
      byDetector: { email: 2, ipv4: 1 },
    });
  });
});

describe("includeValues", () => {
  it("puts the values into the findings, and nowhere without it", async () => {
    const text = "to a@b.co";
    const [plain] = (await createRedactor().redact(text)).findings;
    const [full] = (await createRedactor({ includeValues: true }).redact(text)).findings;
    expect(JSON.stringify(plain)).not.toContain("a@b.co");
    expect(full?.value).toBe("a@b.co");
    const [inValue] = (await createRedactor({ includeValues: true }).redactValue({ mail: text })).findings;
    expect(inValue?.value).toBe("a@b.co");
  });
});
