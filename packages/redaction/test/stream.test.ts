import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, type KeelsonRedactor, numbered, type RedactionFinding } from "../src/index.ts";
import { errorOf, literal, SECRETS } from "./helpers.ts";

/** What comes out of a redactor's stream for a text given in chunks. */
async function streamed(
  redactor: KeelsonRedactor,
  chunks: readonly string[],
  findings: RedactionFinding[] = [],
) {
  const stream = redactor.stream({ onFinding: (finding) => findings.push(finding) });
  const writer = stream.writable.getWriter();
  const reading = (async () => {
    const pieces: string[] = [];
    for await (const piece of stream.readable) pieces.push(piece);
    return pieces;
  })();
  const writing = (async () => {
    for (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  })();
  const [pieces] = await Promise.all([reading, writing]);
  return pieces;
}

const PIECES = [
  "ada@example.com",
  "ada at example dot com",
  "536-90-4399",
  "4111 1111 1111 1111",
  "GB29 NWBK 6016 1331 9268 19",
  "(212) 555-0134",
  "2001:db8::8a2e:370:7334",
  "[email_3]",
  "[email",
  "SSN:",
  "５３６-90-4399",
  "a\u200bda@exam\u00adple.com",
  "🙂",
  "𝟓𝟑𝟔-90-4399",
  SECRETS.github,
  SECRETS.pem,
  "1 ".repeat(40),
  "x".repeat(700),
  "words and more words, as texts have them. ".repeat(30),
];

describe("stream", () => {
  const text = fc
    .array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(" ", "\n", "", ", ", "-")), { maxLength: 60 })
    .map((parts) => parts.flat().join(""));
  const sizes = fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 12 });
  const cut = (whole: string, lengths: readonly number[]): string[] => {
    const chunks: string[] = [];
    for (let at = 0, turn = 0; at < whole.length; turn += 1) {
      const length = lengths[turn % lengths.length] as number;
      chunks.push(whole.slice(at, at + length));
      at += length;
    }
    return chunks;
  };

  it("gives what the whole text gives, however it is cut", async () => {
    const redactor = createRedactor({ operator: numbered(), locales: ["DE", "GB"] });
    await fc.assert(
      fc.asyncProperty(text, sizes, async (whole, lengths) => {
        const findings: RedactionFinding[] = [];
        const pieces = await streamed(redactor, cut(whole, lengths), findings);
        const expected = await redactor.redact(whole);
        expect(pieces.join("")).toBe(expected.text);
        expect(findings).toEqual(expected.findings);
      }),
      { numRuns: 150 },
    );
  });

  it("gives the same where long stretches of values are joined by marks", async () => {
    const redactor = createRedactor({ operator: numbered(), locales: ["DE", "GB"] });
    const marks = ["-", ".", "/", "@", "+", ":", "_", "("];
    const joined = fc
      .tuple(
        fc.array(fc.constantFrom(...PIECES.slice(0, 14)), { minLength: 1, maxLength: 8 }),
        fc.array(fc.constantFrom(...marks), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 15_000, max: 40_000 }),
        text,
      )
      .map(([pieces, between, length, tail]) => {
        const part = pieces.map((piece, at) => `${piece}${between[at % between.length]}`).join("");
        return part.repeat(Math.ceil(length / part.length)) + tail;
      });
    await fc.assert(
      fc.asyncProperty(joined, sizes, async (whole, lengths) => {
        const findings: RedactionFinding[] = [];
        const pieces = await streamed(redactor, cut(whole, lengths), findings);
        const expected = await redactor.redact(whole);
        expect(pieces.join("") === expected.text).toBe(true);
        expect(findings).toEqual(expected.findings);
      }),
      { numRuns: 60 },
    );
  });

  it("gives the same for every single cut of a text", async () => {
    const redactor = createRedactor();
    // Long enough that the first piece is looked at before the second comes.
    const filler = "some words to fill the first piece with. ".repeat(120);
    const whole = `${filler}ada@example.com, ${SECRETS.pem} and 4111 1111 1111 1111 [email] 🙂 end`;
    const { text: expected } = await redactor.redact(whole);
    for (let at = filler.length; at < whole.length; at += 1) {
      expect((await streamed(redactor, [whole.slice(0, at), whole.slice(at)])).join("")).toBe(expected);
    }
  });

  it("lets go of what it can decide before the end", async () => {
    const pieces = await streamed(
      createRedactor(),
      Array.from({ length: 100 }, () => "plain words ".repeat(100)),
    );
    expect(pieces.length).toBeGreaterThan(20);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(10_000);
  });

  it("finds the block of a private key of many pieces", async () => {
    const lines = Array.from({ length: 200 }, (_, line) => `${"q7Wk2ZxT9vLmR4sY".repeat(3)}${line}`).join(
      "\n",
    );
    const key = `${SECRETS.pem.slice(0, 27)}\n${lines}\n${SECRETS.pem.slice(-25)}`;
    const pieces = await streamed(createRedactor(), cut(`before ${key} behind`, [1_000]));
    expect(pieces.join("")).toBe("before [secret] behind");
  });

  it("fails closed", async () => {
    const verify = (): never => {
      throw new Error("secret text");
    };
    const redactor = createRedactor({ detectors: [literal("A", "x", { verify })] });
    const error = await errorOf(() => streamed(redactor, ["some text with x"]));
    expect(error.code).toBe("REDACTION_FAILED");
  });

  it("refuses bytes, which would be read as numbers", async () => {
    const bytes = new TextEncoder().encode("ada@example.com") as unknown as string;
    const { code } = await errorOf(() => streamed(createRedactor(), [bytes]));
    expect(code).toBe("ARGUMENT_INVALID");
    expect((await errorOf(() => createRedactor().redact(bytes))).code).toBe("ARGUMENT_INVALID");
  });

  it("is refused to redactors with finders", async () => {
    const redactor = createRedactor({ finders: [{ id: "f", types: ["PERSON"], find: () => [] }] });
    expect((await errorOf(() => redactor.stream())).code).toBe("CAPABILITY_UNSUPPORTED");
  });
});
