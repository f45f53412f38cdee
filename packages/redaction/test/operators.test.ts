import { Secret } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createRedactor,
  drop,
  encrypt,
  mask,
  numbered,
  placeholder,
  pseudonym,
  regexDetector,
  restore,
} from "../src/index.ts";
import { errorOf, KEY } from "./helpers.ts";

const redacted = async (operator: Parameters<typeof createRedactor>[0], text: string): Promise<string> =>
  (await createRedactor(operator).redact(text)).text;

describe("operators", () => {
  it("are chosen by type, and by default for the others", async () => {
    const options = { operator: numbered(), operators: { IP: placeholder() } };
    expect(await redacted(options, "a@b.co and 10.0.0.1")).toBe("[email_1] and [ip]");
  });

  it("make another id, as another key id does, and the key itself does not", () => {
    const ids = [
      createRedactor(),
      createRedactor({ operator: numbered() }),
      createRedactor({ operators: { EMAIL: numbered() } }),
      createRedactor({ operator: mask() }),
      createRedactor({ operator: mask({ keepEnd: 2 }) }),
      createRedactor({ operator: drop() }),
      createRedactor({ operator: pseudonym(KEY) }),
      createRedactor({ operator: pseudonym({ ...KEY, id: "k2" }) }),
      createRedactor({ operator: encrypt(KEY) }),
    ].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const other = createRedactor({
      operator: pseudonym({ ...KEY, key: "another key of thirty-two bytes or more" }),
    });
    expect(ids).toContain(other.id);
  });

  it("fail the text when they throw or give no string, without quoting it", async () => {
    const answers = [
      ({ value }: { value: string }): string => {
        throw new Error(`what is ${value}?`);
      },
      () => undefined as unknown as string,
    ];
    for (const answer of answers) {
      const operator = { id: "broken", begin: () => answer };
      const error = await errorOf(() => redacted({ operator }, "ada@example.com"));
      expect([error.code, error.cause]).toEqual(["REDACTION_FAILED", undefined]);
      expect(error.message).not.toContain("ada");
    }
  });

  it("refuse a malformed key", async () => {
    for (const key of [
      { id: "", key: KEY.key },
      { id: "a b", key: KEY.key },
      { id: "k", key: "short" },
      { id: "k", key: new Uint8Array(31) },
    ]) {
      expect((await errorOf(() => pseudonym(key))).code).toBe("ARGUMENT_INVALID");
      expect((await errorOf(() => encrypt(key))).code).toBe("ARGUMENT_INVALID");
    }
  });
});

describe("numbered", () => {
  it("counts on behind very many placeholders", async () => {
    // In linear time: a list that is shortened by one at a time would run into the test's time limit.
    const text = "[email_7] ".repeat(200_000);
    const output = await redacted({ operator: numbered() }, `${text}ada@example.com`);
    expect(output === `${text}[email_8]`).toBe(true);
  });

  it("gives the same value the same number, and counts each type apart", async () => {
    const text = "Ada@b.co, c@d.co, ada@b.co, 10.0.0.1";
    expect(await redacted({ operator: numbered() }, text)).toBe("[email_1], [email_2], [email_1], [ip_1]");
  });

  it("does not give out a number that stands in the text before", async () => {
    expect(await redacted({ operator: numbered() }, "[email_4] and a@b.co")).toBe("[email_4] and [email_5]");
  });
});

describe("pseudonym", () => {
  const of = async (text: string, key = KEY): Promise<string> => redacted({ operator: pseudonym(key) }, text);

  it("is the same for the same value in every document, however it is written", async () => {
    const pairs = [
      ["mail ada@example.com now", "ADA@Example.com"],
      ["mail ada@example.com now", "ada [at] example [dot] com"],
      ["4111 1111 1111 1111", "card 4111-1111-1111-1111"],
      ["GB29 NWBK 6016 1331 9268 19", "gb29nwbk60161331926819"],
      ["call (212) 555-0134", "+1 212-555-0134"],
      ["536-90-4399", "５３６ 90 4399"],
      ["00:1B:44:11:3A:B7", "001b.4411.3ab7"],
      ["at 2001:DB8::1 now", "at 2001:0db8:0:0:0:0:0:1 now"],
    ];
    for (const [one = "", other = ""] of pairs) {
      const token = (text: string): string | undefined => /\[\w+:[a-z2-7]{16}\]/.exec(text)?.[0];
      expect(token(await of(one))).toBeDefined();
      expect(token(await of(other))).toBe(token(await of(one)));
    }
  });

  it("differs by value, type and key", async () => {
    const other = { ...KEY, key: "another key of thirty-two bytes or more" };
    const all = [await of("a@b.co"), await of("a@b.cc"), await of("a@b.co", other), await of("10.0.0.1")];
    all.push(
      await of("10.0.0.10"),
      await of("2001:db8::1"),
      await of("2001:db8::2"),
      await of("2001:db8::1/64"),
    );
    expect(new Set(all).size).toBe(8);
  });
});

describe("mask", () => {
  it("leaves marks and the last four characters", async () => {
    expect(await redacted({ operator: mask() }, "4111 1111 1111 1111")).toBe("████ ████ ████ 1111");
    expect(await redacted({ operator: mask({ keepStart: 1, keepEnd: 0 }) }, "ada@example.com")).toBe(
      "a██@███████.███",
    );
  });

  it("masks at least half of a value", async () => {
    expect(await redacted({ operator: mask({ keepStart: 4, keepEnd: 4 }) }, "a@b.co")).toBe("█@█.██");
  });

  it("refuses to leave more than four characters at an end", async () => {
    for (const options of [{ keepEnd: 5 }, { keepStart: -1 }, { keepStart: 1.5 }]) {
      expect((await errorOf(() => mask(options))).code).toBe("ARGUMENT_INVALID");
    }
  });
});

describe("drop", () => {
  it("takes the value out and keeps words apart", async () => {
    expect(await redacted({ operator: drop() }, "from a@b.co to")).toBe("from  to");
    expect(await redacted({ operator: drop() }, "a@b.co")).toBe("");
  });
});

describe("encrypt and restore", () => {
  it("gives back a type whose name goes on with a digit behind the country", async () => {
    const plan = regexDetector({ type: "US_401K", pattern: /\bK-\d{4}\b/ });
    const sealed = await redacted({ operator: encrypt(KEY), detectors: [plan] }, "plan K-1234");
    expect(sealed).toMatch(/^plan \[us_401k!k1!/);
    expect(restore(sealed, [KEY])).toBe("plan K-1234");
  });

  it("gives the text back to whoever has the key", async () => {
    const redactor = createRedactor({ operator: encrypt(KEY) });
    const value = fc.constantFrom(
      "ada@example.com",
      "4111 1111 1111 1111",
      "５３６-90-4399",
      "a\u00adda@b.co",
      "plain",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(value), async (values) => {
        const text = values.join(" / ");
        const sealed = (await redactor.redact(text)).text;
        expect(sealed).not.toMatch(/ada|4111|4399/);
        expect(restore(sealed, [KEY])).toBe(text);
      }),
    );
  });

  it("takes keys as bytes, text and secrets", async () => {
    const secret = new Secret(KEY.key, { name: "redaction", version: 1 });
    const text = await redacted({ operator: encrypt({ id: "k1", key: secret }) }, "a@b.co");
    expect(restore(text, [{ id: "k1", key: new TextEncoder().encode(KEY.key) }])).toBe("a@b.co");
  });

  it("gives the same text for the same text", async () => {
    const once = await redacted({ operator: encrypt(KEY) }, "a@b.co");
    expect(await redacted({ operator: encrypt(KEY) }, "a@b.co")).toBe(once);
  });

  it("leaves what other keys sealed and what is no ciphertext", async () => {
    const text = await redacted({ operator: encrypt(KEY) }, "a@b.co [email] [email_1]");
    expect(restore(text, [{ ...KEY, id: "k2" }])).toBe(text);
    expect(restore("[email] [email!k1!x]", [KEY])).toBe("[email] [email!k1!x]");
  });

  it("refuses what was changed, moved to another type, or sealed with another key of that id", async () => {
    const text = await redacted({ operator: encrypt(KEY) }, "a@b.co");
    const last = text.at(-5) === "A" ? "B" : "A";
    const changed = text.slice(0, -5) + last + text.slice(-4);
    const moved = text.replace("[email!", "[phone!");
    for (const broken of [changed, moved]) {
      expect((await errorOf(() => restore(broken, [KEY]))).code).toBe("SECRET_UNREADABLE");
    }
    const other = { ...KEY, key: "another key of thirty-two bytes or more" };
    expect((await errorOf(() => restore(text, [other]))).code).toBe("SECRET_UNREADABLE");
  });
});
