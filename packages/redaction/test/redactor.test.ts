import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createRedactor,
  defaultDetectors,
  drop,
  encrypt,
  mask,
  numbered,
  placeholder,
  pseudonym,
} from "../src/index.ts";
import { errorOf, found, KEY, literal, SECRETS } from "./helpers.ts";

const VALUES = [
  SECRETS.github,
  SECRETS.jwt,
  "password=hunter2-and-more",
  "https://ada:pa55word@db.example",
  "ada at example dot com",
  "aa:bb:cc:00:11:22",
  "born on 5 March 1980",
  "0x52908400098527886E0F7030069857D2E4169EE7",
  "ada@example.com",
  "536-90-4399",
  "4111 1111 1111 1111",
  "GB29 NWBK 6016 1331 9268 19",
  "(212) 555-0134",
  "+44 20 7946 0958",
  "192.168.10.4",
  "2001:db8::8a2e:370:7334",
  "[email]",
  "SSN",
  "call",
  "4000",
  "12",
  "x",
];

describe("createRedactor", () => {
  it("replaces every value by its type in lower case, without the country", async () => {
    const { text } = await createRedactor().redact(
      "Contact admin at admin@example.com, SSN on file 536-90-4399.",
    );
    expect(text).toBe("Contact admin at [email], SSN on file [ssn].");
  });

  it("says where each value stood and where its replacement stands", async () => {
    const input = "a@b.co or 10.0.0.1";
    const { text, findings } = await createRedactor().redact(input);
    expect(findings.map(({ start, end }) => input.slice(start, end))).toEqual(["a@b.co", "10.0.0.1"]);
    expect(findings.map((finding) => text.slice(finding.outputStart, finding.outputEnd))).toEqual([
      "[email]",
      "[ip]",
    ]);
    expect(findings[0]).toEqual({
      type: "EMAIL",
      start: 0,
      end: 6,
      outputStart: 0,
      outputEnd: 7,
      detector: "email",
      score: 0.9,
      reason: "address",
    });
  });

  it.each([
    ["placeholder", placeholder()],
    ["numbered", numbered()],
    ["pseudonym", pseudonym(KEY)],
    ["encrypt", encrypt(KEY)],
  ])("changes nothing when it redacts an output of the operator %s again", async (_, operator) => {
    const redactor = createRedactor({ operator });
    const piece = fc.oneof(fc.constantFrom(...VALUES), fc.string({ maxLength: 4 }));
    const separator = fc.constantFrom(" ", "", "\n", ", ", ": ", "-", ".", "  ", "/");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(piece, separator), { maxLength: 8 }), async (parts) => {
        const { text } = await redactor.redact(parts.flat().join(""));
        expect((await redactor.redact(text)).text).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["masked", mask()],
    ["dropped", drop()],
  ])("changes nothing the second time where values between words were %s", async (_, operator) => {
    const redactor = createRedactor({ operator });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...VALUES)), async (values) => {
        const { text } = await redactor.redact(values.join(" and "));
        expect((await redactor.redact(text)).text).toBe(text);
      }),
    );
  });

  it("gives findings in order, without overlap, for any text", async () => {
    const redactor = createRedactor();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...VALUES, " ", "-", "\u00ad", "\u200b", "١")),
        async (parts) => {
          const input = parts.join("");
          const { text, findings } = await redactor.redact(input);
          let [rebuilt, from] = ["", 0];
          for (const { start, end, outputStart = 0, outputEnd = 0 } of findings) {
            expect(start).toBeGreaterThanOrEqual(from);
            expect(end).toBeGreaterThan(start);
            rebuilt += input.slice(from, start) + text.slice(outputStart, outputEnd);
            from = end;
          }
          expect(rebuilt + input.slice(from)).toBe(text);
        },
      ),
    );
  });

  it("reads through characters in disguise and gives the offsets in the original", async () => {
    expect(await found("５３６－90－4399")).toEqual(["US_SSN:５３６－90－4399"]);
    expect(await found("card 4111\u00a01111\u00a01111\u00a01111")).toEqual([
      "CREDIT_CARD:4111\u00a01111\u00a01111\u00a01111",
    ]);
    expect(await found("to a\u200bda@exam\u00adple.com\u200b now")).toEqual([
      "EMAIL:a\u200bda@exam\u00adple.com",
    ]);
    expect(await found("𝟓𝟑𝟔-90-4399 🙂")).toEqual(["US_SSN:𝟓𝟑𝟔-90-4399"]);
  });

  it("composes its own detectors with those of users", async () => {
    const detectors = [...defaultDetectors, literal("EMPLOYEE_ID", "EMP-7")];
    const { text } = await createRedactor({ detectors }).redact("emp-7 is a@b.co");
    expect(text).toBe("[employee_id] is [email]");
  });

  it("has another id for other rules, and the same for the same", () => {
    const { id } = createRedactor();
    expect(createRedactor({ detectors: [...defaultDetectors] }).id).toBe(id);
    const others = [
      createRedactor({ detectors: defaultDetectors.slice(1) }),
      createRedactor({ detectors: [...defaultDetectors].reverse() }),
      createRedactor({ detectors: [literal("A", "x")] }),
      createRedactor({ detectors: [literal("A", "y")] }),
      createRedactor({ detectors: [literal("A", "x", { right: 2 })] }),
      createRedactor({ detectors: [literal("A", "x", { version: "2" })] }),
    ].map((redactor) => redactor.id);
    expect(new Set([id, ...others]).size).toBe(others.length + 1);
  });

  it("rejects with the signal's reason itself", async () => {
    const reason = new Error("stop");
    await expect(createRedactor().redact("a", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("fails closed when a detector throws, and does not quote what it threw", async () => {
    const verify = (): never => {
      throw new Error("secret text");
    };
    const redactor = createRedactor({ detectors: [literal("A", "x", { verify })] });
    const error = await errorOf(() => redactor.redact("x"));
    expect(error.code).toBe("REDACTION_FAILED");
    expect(error.cause).toBeUndefined();
    expect(error.message).not.toContain("secret text");
  });
});
