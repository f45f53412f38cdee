import { argumentInvalid, assertObject } from "@keelson/core";
import type { FoundSpan, SpanFinder } from "./span-finder.ts";

/** One token as a token-classification pipeline labels it. */
export interface ClassifiedToken {
  /** The label: `B-PER`, `I-PER`, `O`, … */
  readonly entity: string;
  /** How sure the model is of the label, 0..1. */
  readonly score: number;
  /** The token, with its tokenizer's marks. */
  readonly word: string;
  /** Where it starts in the text, where the pipeline says so. */
  readonly start?: number | null | undefined;
  /** Where it ends. */
  readonly end?: number | null | undefined;
}

/** A pipeline of transformers.js for `token-classification`, or anything that answers like one. */
export type TokenClassificationPipeline = (
  text: string,
  options: { readonly ignore_labels: readonly string[] },
) => Promise<unknown>;

/** What {@link tokenClassificationFinder} takes. */
export interface TokenClassificationFinderOptions {
  /** `await pipeline("token-classification", model)` of transformers.js, with weights of your own. */
  readonly pipeline: TokenClassificationPipeline;
  /** Names the model and its version; part of the redactor's id. */
  readonly model: string;
  /** The type of each label, without `B-` and `I-`. Others are left. Default: `PER` is `PERSON`, `LOC` is `LOCATION`. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** How sure the model must be, 0..1. Default 0.5. */
  readonly minScore?: number | undefined;
  /** How many code units the model sees at once, more than `overlapChars`. Default 1,200, about 384 tokens. */
  readonly windowChars?: number | undefined;
  /** By how many code units neighbouring windows overlap. Default 400. */
  readonly overlapChars?: number | undefined;
}

const DEFAULT_LABELS: Readonly<Record<string, string>> = { PER: "PERSON", PERSON: "PERSON", LOC: "LOCATION" };

/** Cuts a text into overlapping windows, at blanks where there are some. */
function windowsOf(text: string, size: number, overlap: number): { start: number; text: string }[] {
  const windows: { start: number; text: string }[] = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + size);
    if (end < text.length) {
      const blank = text.lastIndexOf(" ", end);
      if (blank > start + overlap) end = blank;
    }
    windows.push({ start, text: text.slice(start, end) });
    if (end === text.length) break;
    start = end - overlap;
  }
  return windows;
}

/** Where the tokens stand in a text: as the pipeline says, or found one behind the other. */
function locate(text: string, tokens: readonly ClassifiedToken[]): { start: number; end: number }[] {
  const lower = text.toLowerCase();
  let at = 0;
  return tokens.map(({ word, start, end }) => {
    if (typeof start === "number" && typeof end === "number") return { start, end };
    // The marks of WordPiece, SentencePiece and byte-level BPE.
    const plain = word.replace(/^##|^[▁Ġ]+/u, "");
    const found = plain === "" ? -1 : lower.indexOf(plain.toLowerCase(), at);
    if (found < 0) return { start: at, end: at };
    at = found + plain.length;
    return { start: found, end: at };
  });
}

/**
 * Finds names and the like with a model for token classification that runs here, such as one of transformers.js. No
 * weights come with Keelson. Long texts are shown to the model in overlapping windows.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is no pipeline or model, or the windows would not get on.
 *
 * @example
 * ```ts
 * import { createRedactor, tokenClassificationFinder } from "@keelson/redaction";
 *
 * // In earnest: const pipeline = await (await import("@huggingface/transformers")).pipeline("token-classification", path);
 * const pipeline = async (text: string) =>
 *   text.split(" ").map((word) => ({ entity: word === "Ada" ? "B-PER" : "O", score: 0.99, word }));
 * const redactor = createRedactor({ finders: [tokenClassificationFinder({ pipeline, model: "toy@1" })] });
 * console.log((await redactor.redact("It was Ada who wrote.")).text); // It was [person] who wrote.
 * ```
 */
export function tokenClassificationFinder(options: TokenClassificationFinderOptions): SpanFinder {
  assertObject(options);
  const {
    pipeline,
    model,
    labels = DEFAULT_LABELS,
    minScore = 0.5,
    windowChars = 1_200,
    overlapChars = 400,
  } = options;
  if (typeof pipeline !== "function") throw argumentInvalid("pipeline", "is no function");
  if (typeof model !== "string" || model === "") throw argumentInvalid("model", "is not a string, or empty");
  if (!(minScore >= 0 && minScore <= 1)) throw argumentInvalid("minScore", "is not 0 to 1");
  if (!Number.isSafeInteger(overlapChars) || overlapChars < 0)
    throw argumentInvalid("overlapChars", "is not a whole number of at least 0");
  if (!Number.isSafeInteger(windowChars) || windowChars <= overlapChars)
    throw argumentInvalid("windowChars", "is not a whole number above overlapChars");

  const spansOf = (text: string, tokens: readonly ClassifiedToken[]): FoundSpan[] => {
    const spans: { type: string; start: number; end: number; score: number }[] = [];
    const places = locate(text, tokens);
    for (const [index, { entity, score }] of tokens.entries()) {
      const type = labels[entity.replace(/^[BIES]-/, "")];
      const place = places[index];
      if (type === undefined || place === undefined || place.start === place.end) continue;
      const last = spans.at(-1);
      // A name goes on over one blank or none, unless a token begins a new one.
      const begins = entity.startsWith("B-") && place.start !== last?.end;
      if (last?.type === type && place.start - last.end <= 1 && !begins) {
        last.end = place.end;
        last.score = Math.max(last.score, score);
      } else spans.push({ type, ...place, score });
    }
    return spans.filter(({ score }) => score >= minScore);
  };

  return {
    id: `token-classification:${model}:${JSON.stringify([labels, minScore, windowChars, overlapChars])}`,
    types: [...new Set(Object.values(labels))],
    async find(text, { signal } = {}) {
      const found: FoundSpan[] = [];
      for (const window of windowsOf(text, windowChars, overlapChars)) {
        signal?.throwIfAborted();
        const tokens = (await pipeline(window.text, { ignore_labels: [] })) as ClassifiedToken[];
        for (const span of spansOf(window.text, tokens)) {
          found.push({ ...span, start: span.start + window.start, end: span.end + window.start });
        }
      }
      return found;
    },
  };
}
