import type { Chunker, Detector, Embedder, EvalRunner, Redactor } from "@keelson/core";
import type { DetectorHarness, EvalRunnerHarness, Harness, RedactorHarness } from "../../src/index.ts";

async function turn(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await undefined;
  signal?.throwIfAborted();
}

const createEmbedder = (): Embedder => ({
  specVersion: 1,
  id: "code-units@1",
  dimension: 16,
  maxBatchSize: 8,
  async embed(texts, options) {
    const copy = [...texts];
    await turn(options?.signal);
    if (copy.length > 8) throw new RangeError("too many texts");
    return copy.map((text) => countCodeUnits(text));
  },
  // Of the same space, and not the same vector.
  async embedQuery(text, options) {
    await turn(options?.signal);
    return countCodeUnits(text).map((count) => 2 * count);
  },
});

function countCodeUnits(text: string): Float32Array {
  const vector = new Float32Array(16);
  for (let i = 0; i < text.length; i++) {
    const place = (text.charCodeAt(i) * 7 + i) % 16;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  return vector;
}

/** An embedder as it should be. */
export const embedderHarness: Harness<Embedder> = { create: createEmbedder };

const CASE = /\bCASE-\d{6}\b/g;

const createRedactor = (): Redactor => ({
  specVersion: 1,
  id: "case-numbers@1",
  async redact(text, options) {
    await turn(options?.signal);
    const found = [...text.matchAll(CASE)];
    let shift = 0;
    const findings = found.map(({ index: start, 0: { length } }) => {
      const outputStart = start + shift;
      shift += "[case]".length - length;
      return {
        type: "CASE_NUMBER",
        start,
        end: start + length,
        outputStart,
        outputEnd: outputStart + "[case]".length,
        score: 0.9,
      };
    });
    return { text: text.replace(CASE, "[case]"), findings };
  },
});

/** A redactor as it should be. */
export const redactorHarness: RedactorHarness = {
  create: createRedactor,
  examples: [
    { text: "See CASE-123456 and CASE-654321 of last week.", hidden: ["CASE-123456", "CASE-654321"] },
    { text: "CASE-000000", hidden: ["CASE-000000"] },
    { text: "The case 123456 was closed.", hidden: [] },
  ],
};

const createDetector = (): Detector => ({
  type: "EMPLOYEE_ID",
  triggers: ["EMP-"],
  left: 1,
  right: 11,
  verify({ text, start }) {
    const found = /^EMP-\d{6}(?!\d)/.exec(text.slice(start));
    return found ? { start, end: start + found[0].length, score: 0.9, reason: "digits" } : undefined;
  },
});

/** A detector as it should be. */
export const detectorHarness: DetectorHarness = {
  create: createDetector,
  examples: [
    { text: "Ask EMP-123456 about it.", value: "EMP-123456" },
    { text: "EMP-654321", value: "EMP-654321" },
    { text: "Order EMP-1234567 is another thing, EMP-12 too.", value: undefined },
  ],
};

/** Detectors with the triggers that are no strings. */
export const otherDetectors: readonly DetectorHarness[] = [
  {
    create: () => ({
      type: "BADGE",
      triggers: [{ digits: 6 }],
      left: 0,
      right: 12,
      verify: ({ text, start }) => {
        const found = /^\d{3} \d{3}(?!\d)/.exec(text.slice(start));
        return found ? { start, end: start + found[0].length } : undefined;
      },
    }),
    examples: [
      { text: "badge 123 456", value: "123 456" },
      { text: "badge 123 45", value: undefined },
    ],
  },
  {
    create: () => ({
      type: "TOKEN",
      name: "tokens",
      triggers: [{ token: 16 }, /tok:[a-z]{3}/i],
      left: 0,
      right: 64,
      verify: ({ start, end }) => ({ start, end }),
    }),
    examples: [
      { text: "it is abcdefgh-IJKLMNOP_1 indeed", value: "abcdefgh-IJKLMNOP_1" },
      { text: "it is TOK:abc", value: "TOK:abc" },
      { text: "abcdefgh IJKLMNOP tok:12", value: undefined },
    ],
  },
];

const createChunker = (): Chunker => ({
  specVersion: 1,
  id: "paragraphs@1",
  async chunk(text) {
    await undefined;
    return [...text.matchAll(/[^\n]+(?:\n(?!\n)[^\n]+)*/g)]
      .filter(([chunk]) => chunk.trim() !== "")
      .map(({ index, 0: chunk }) => ({ text: chunk, start: index, end: index + chunk.length }));
  },
});

/** A chunker as it should be. */
export const chunkerHarness: Harness<Chunker> = { create: createChunker };

const createRunner = (): EvalRunner => ({
  specVersion: 1,
  id: "exact-match@1",
  async run(bundle, { input, expected }, options) {
    const answer = bundle.prompt === "shout" ? String(input).toUpperCase() : String(input);
    await turn(options?.signal);
    if (input === "canary-question-5c1d") return { score: null, error: "no answer" };
    return { score: answer === expected ? 1 : 0, latencyMs: 12, costUsd: 0.001 };
  },
});

/** An eval runner as it should be. */
export const runnerHarness: EvalRunnerHarness = {
  create: createRunner,
  examples: [
    { bundle: { prompt: "shout", model: "m" }, evalCase: { id: "1", input: "a", expected: "A" } },
    { bundle: { prompt: "say", model: "m" }, evalCase: { id: "2", input: "b", expected: "B" } },
  ],
};
