import nlp from "compromise";
import { describe, expect, it } from "vitest";
import {
  type ClassifiedToken,
  compromiseFinder,
  createRedactor,
  type FoundSpan,
  type SpanFinder,
  tokenClassificationFinder,
} from "../src/index.ts";
import { errorOf } from "./helpers.ts";

const finder = (find: SpanFinder["find"], types = ["PERSON"]): SpanFinder => ({ id: "test@1", types, find });
const spans = (...found: FoundSpan[]): SpanFinder => finder(() => found);

describe("finders", () => {
  it("add to what detectors found, and lose to it", async () => {
    const find = finder((text) => [
      { type: "PERSON", start: 0, end: 3 },
      { type: "PERSON", start: text.indexOf("ada@"), end: text.indexOf("ada@") + 3 },
    ]);
    const { text, findings } = await createRedactor({ finders: [find] }).redact("Ada is ada@example.com");
    expect(text).toBe("[person] is [email]");
    expect(findings.map(({ type, detector, start }) => [type, detector, start])).toEqual([
      ["PERSON", "test@1", 0],
      ["EMAIL", "email", 7],
    ]);
  });

  it("resolve their own overlaps: the surer wins", async () => {
    const find = spans(
      { type: "PERSON", start: 0, end: 3, score: 0.4 },
      { type: "PERSON", start: 2, end: 6, score: 0.9 },
    );
    expect((await createRedactor({ finders: [find] }).redact("abcdefg")).text).toBe("ab[person]g");
  });

  it("can't touch what an earlier redaction put in", async () => {
    const find = finder((text) => [{ type: "PERSON", start: 0, end: text.length }]);
    const redactor = createRedactor({ finders: [find] });
    expect((await redactor.redact("[email] x")).text).toBe("[email] x");
    expect((await redactor.redact((await redactor.redact("Ada")).text)).text).toBe("[person]");
  });

  it("obey allow rules", async () => {
    const redactor = createRedactor({
      finders: [spans({ type: "PERSON", start: 0, end: 3 })],
      allow: [{ value: "ada" }],
    });
    expect((await redactor.redact("Ada")).text).toBe("Ada");
  });

  it("fail the text when they throw or answer nonsense, without quoting it", async () => {
    const broken = [
      finder(() => {
        throw new Error("secret text");
      }),
      spans({ type: "PERSON", start: 0, end: 99 }),
      spans({ type: "PERSON", start: 2, end: 1 }),
      spans({ type: "PLACE", start: 0, end: 1 }),
      spans({ type: "PERSON", start: 0, end: 1, score: 2 }),
      finder(() => undefined as never),
    ];
    for (const one of broken) {
      const error = await errorOf(() => createRedactor({ finders: [one] }).redact("secret"));
      expect(error.code).toBe("REDACTION_FAILED");
      expect(error.message).not.toContain("secret");
      expect(error.cause).toBeUndefined();
    }
  });

  it("are refused with types that no placeholder can show", async () => {
    for (const type of ["B-PER", "person", "(A", ""]) {
      const named = { id: "f", types: [type], find: () => [] };
      expect((await errorOf(() => createRedactor({ finders: [named] }))).code).toBe("ARGUMENT_INVALID");
    }
  });

  it("reject with the signal's reason itself when they are aborted", async () => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const find = finder(() => {
      controller.abort(reason);
      throw new Error("aborted inside");
    });
    const redactor = createRedactor({ finders: [find] });
    await expect(redactor.redact("x", { signal: controller.signal })).rejects.toBe(reason);
  });

  it("make another id, and work in JSON values", async () => {
    const redactor = createRedactor({ finders: [spans({ type: "PERSON", start: 0, end: 3 })] });
    expect(redactor.id).not.toBe(createRedactor().id);
    expect((await redactor.redactValue(["Ada"])).value).toEqual(["[person]"]);
  });
});

describe("compromiseFinder", () => {
  it("finds people, and places when asked", async () => {
    const text = "Yesterday Ada Lovelace met Charles Babbage in London.";
    const people = createRedactor({ finders: [compromiseFinder({ nlp })] });
    expect((await people.redact(text)).text).toBe("Yesterday [person] met [person] in London.");
    const both = createRedactor({ finders: [compromiseFinder({ nlp, types: ["PERSON", "LOCATION"] })] });
    expect((await both.redact(text)).text).toBe("Yesterday [person] met [person] in [location].");
  });
});

describe("tokenClassificationFinder", () => {
  // Labels every word of a name, in WordPiece, and says no offsets, as transformers.js does.
  const pipeline = async (text: string): Promise<ClassifiedToken[]> =>
    text.split(/\s+/).flatMap((word): ClassifiedToken[] => {
      const plain = word.replace(/\W+$/, "");
      if (plain === "Lovelace") {
        return [
          { entity: "I-PER", score: 0.9, word: "Love" },
          { entity: "I-PER", score: 0.8, word: "##lace" },
        ];
      }
      const entity = plain === "Ada" ? "B-PER" : plain === "Paris" ? "B-LOC" : "O";
      return [{ entity, score: 0.9, word: plain }];
    });

  it("puts the pieces of a name together", async () => {
    const redactor = createRedactor({ finders: [tokenClassificationFinder({ pipeline, model: "toy" })] });
    expect((await redactor.redact("In Paris, Ada Lovelace met Ada.")).text).toBe(
      "In [location], [person] met [person].",
    );
  });

  it("shows long texts in overlapping windows", async () => {
    const seen: number[] = [];
    const counting = async (text: string): Promise<ClassifiedToken[]> => {
      seen.push(text.length);
      return pipeline(text);
    };
    const options = { pipeline: counting, model: "toy", windowChars: 100, overlapChars: 30 };
    const text = `${"words and words ".repeat(30)}Ada ${"and words ".repeat(30)}`;
    const redactor = createRedactor({ finders: [tokenClassificationFinder(options)] });
    expect((await redactor.redact(text)).text).toBe(text.replace("Ada", "[person]"));
    expect(Math.max(...seen)).toBeLessThanOrEqual(100);
  });

  it("leaves labels it was given no type for and what the model is unsure of", async () => {
    const options = { pipeline, model: "toy", labels: { PER: "PERSON" }, minScore: 0.95 };
    const redactor = createRedactor({ finders: [tokenClassificationFinder(options)] });
    expect((await redactor.redact("In Paris, Ada.")).text).toBe("In Paris, Ada.");
  });

  it("takes offsets where the pipeline says them", async () => {
    const told = async (): Promise<ClassifiedToken[]> => [
      { entity: "PER", score: 1, word: "?", start: 3, end: 6 },
    ];
    const redactor = createRedactor({
      finders: [tokenClassificationFinder({ pipeline: told, model: "toy" })],
    });
    expect((await redactor.redact("Mr Ada")).text).toBe("Mr [person]");
  });
});
