import { argumentInvalid, type Embedder } from "@keelson/core";
import { stem } from "porter2";
import { assertTexts } from "./assert-texts.ts";
import { STOP_WORDS } from "./stop-words.ts";
import { tokenize } from "./tokenize.ts";

/** Goes up whenever any vector could change: tokenising, stop words, stemmer, hash, weights. */
const ALGORITHM = 1;

const LARGEST_DIMENSION = 65_536;
const STOP_WORD_WEIGHT = 0.1;
const BIGRAM_WEIGHT = 0.5;

/** What {@link createHashEmbedder} takes. */
export interface HashEmbedderOptions {
  /** Length of the vectors, 1 to 65,536. Below 512 unrelated words start to look alike. Default 1,024. */
  readonly dimension?: number | undefined;
  /** Whose inflections and stop words to take away; `"none"` compares words as they stand. Default `"english"`. */
  readonly language?: "english" | "none" | undefined;
  /** Count pairs of neighbouring words too, so that word order matters. Default `true`. */
  readonly bigrams?: boolean | undefined;
}

/**
 * An embedder that needs no model, key or network: it hashes the words of a text, and pairs of them, into a vector
 * of length 1. The same text gives the same bits on every machine and Node version.
 *
 * It is lexical, not semantic: texts are close when they share words (inflections count as one word), and a
 * paraphrase without a shared word is not found. Good for tests, demos, work offline, near-duplicates and keyword
 * search; for meaning use a model. A text without any word gives the zero vector.
 *
 * Signed feature hashing after Weinberger et al., "Feature Hashing for Large Scale Multitask Learning" (2009), with
 * the Porter2 stemmer.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of range.
 *
 * @example
 * ```ts
 * import { createHashEmbedder } from "@keelson/embedders";
 *
 * const embedder = createHashEmbedder();
 * const [question, answer, other] = await embedder.embed([
 *   "How do I rotate a key?",
 *   "Rotating keys takes one call.",
 *   "Lunch is at noon.",
 * ]);
 * const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
 * console.log(cosine(question!, answer!) > cosine(question!, other!)); // true
 * console.log(embedder.id); // keelson-hash@1:1024:english:bigrams
 * ```
 */
export function createHashEmbedder(options: HashEmbedderOptions = {}): Embedder {
  const { dimension = 1024, language = "english", bigrams = true } = options;
  if (!Number.isInteger(dimension) || dimension < 1 || dimension > LARGEST_DIMENSION)
    throw argumentInvalid("dimension", `is not a whole number from 1 to ${LARGEST_DIMENSION}`);
  if (language !== "english" && language !== "none")
    throw argumentInvalid("language", "is neither english nor none");
  if (typeof bigrams !== "boolean") throw argumentInvalid("bigrams", "is neither true nor false");

  return Object.freeze({
    specVersion: 1,
    id: `keelson-hash@${ALGORITHM}:${dimension}:${language}:${bigrams ? "bigrams" : "words"}`,
    dimension,
    embed: (texts, { signal } = {}) => {
      signal?.throwIfAborted();
      assertTexts(texts);
      return texts.map((text) => embedText(text, dimension, language === "english", bigrams));
    },
  } satisfies Embedder);
}

function embedText(text: string, dimension: number, english: boolean, bigrams: boolean): Float32Array {
  const counts = new Map<number, number>();
  const pairs = new Map<number, number>();
  const stopped = new Set<number>();
  let previous: number | undefined;
  for (const word of tokenize(text)) {
    const isStopWord = english && STOP_WORDS.has(word);
    const hash = hashWord(english && !isStopWord ? stem(word) : word);
    counts.set(hash, (counts.get(hash) ?? 0) + 1);
    if (isStopWord) {
      stopped.add(hash);
      continue;
    }
    if (bigrams && previous !== undefined) {
      const pair = mix(Math.imul(previous, 31) + hash);
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    previous = hash;
  }

  // Square roots damp repetition; unlike logarithms IEEE 754 fixes their every bit.
  const sums = new Float64Array(dimension);
  const add = (hash: number, weight: number): void => {
    const position = (hash >>> 1) % dimension;
    sums[position] = (sums[position] ?? 0) + (hash & 1 ? weight : -weight);
  };
  for (const [hash, count] of counts) {
    add(hash, Math.sqrt(count) * (stopped.has(hash) ? STOP_WORD_WEIGHT : 1));
  }
  for (const [hash, count] of pairs) add(hash, Math.sqrt(count) * BIGRAM_WEIGHT);
  return normalize(sums);
}

function normalize(sums: Float64Array): Float32Array {
  let squares = 0;
  for (const value of sums) squares += value * value;
  const vector = new Float32Array(sums.length);
  if (squares === 0) return vector;
  const length = Math.sqrt(squares);
  for (let i = 0; i < sums.length; i++) vector[i] = (sums[i] ?? 0) / length;
  return vector;
}

/** FNV-1a over UTF-16 code units, with the finaliser of MurmurHash3, since FNV's low bits alone are poor. */
function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), 0x01000193);
  return mix(hash);
}

function mix(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
