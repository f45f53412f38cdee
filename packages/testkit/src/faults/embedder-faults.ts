import type { Embedder } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { abortFaults } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";

const fault = (
  id: string,
  title: string,
  replace: (embedder: Embedder) => Partial<Embedder>,
): Fault<Embedder> =>
  createFault<Embedder>(`embedder/${id}`, title, { wrap: (embedder) => patch(embedder, replace(embedder)) });

/** A fault of what comes out. */
const vectorFault = (
  id: string,
  title: string,
  change: (vectors: Float32Array[], texts: readonly string[]) => Float32Array[],
): Fault<Embedder> =>
  fault(id, title, (embedder) => ({
    embed: async (texts, options) => change(await embedder.embed(texts, options), texts),
  }));

/** A fault of what comes out for a query. */
const queryFault = (
  id: string,
  title: string,
  change: (vector: Float32Array, text: string) => Float32Array,
): Fault<Embedder> =>
  fault(id, title, (embedder) => ({
    embedQuery: async (text, options) =>
      change((await embedder.embedQuery?.(text, options)) ?? new Float32Array(0), text),
  }));

/** Embedders that are wrong. */
export const embedderFaults: readonly Fault<Embedder>[] = [
  fault("has-no-id", "has an empty id", () => ({ id: "" })),
  vectorFault("swaps-order", "answers a batch with its vectors in the opposite order", (vectors) =>
    vectors.reverse(),
  ),
  vectorFault("all-the-same", "gives every text the vector of the first", (vectors) =>
    vectors.map(() => (vectors[0] ?? new Float32Array(0)).slice()),
  ),
  vectorFault("nan-for-long-texts", "gives a vector of NaN for a text that is too long", (vectors, texts) =>
    vectors.map((vector, i) => ((texts[i]?.length ?? 0) > 10_000 ? vector.fill(Number.NaN) : vector)),
  ),
  vectorFault("drops-some", "answers a batch of more than one with one vector too few", (vectors) =>
    vectors.length > 1 ? vectors.slice(1) : vectors,
  ),
  fault(
    "cuts-large-batches",
    "embeds what its declared batch size holds, and leaves the rest out in silence",
    (embedder) => ({
      embed: (texts, options) => embedder.embed(texts.slice(0, embedder.maxBatchSize), options),
    }),
  ),
  fault("rejects-empty-batches", "rejects an empty list of texts", (embedder) => ({
    embed: async (texts, options) => {
      if (texts.length === 0) throw new RangeError("no texts");
      return embedder.embed(texts, options);
    },
  })),
  vectorFault("shares-a-buffer", "gives the vectors of a batch as views of one buffer", (vectors) => {
    const dimension = vectors[0]?.length ?? 0;
    const shared = new Float32Array(dimension * vectors.length);
    return vectors.map((vector, i) => {
      shared.set(vector, i * dimension);
      return shared.subarray(i * dimension, (i + 1) * dimension);
    });
  }),
  fault("returns-its-cache", "returns the very vectors that it keeps for the next time", (embedder) => {
    const cache = new Map<string, Float32Array>();
    return {
      embed: async (texts, options) => {
        const vectors = await embedder.embed(texts, options);
        return texts.map((text, i) => {
          const vector = cache.get(text) ?? vectors[i] ?? new Float32Array(0);
          cache.set(text, vector);
          return texts.indexOf(text) === i ? vector : vector.slice();
        });
      },
    };
  }),
  fault("changes-its-input", "trims the texts in the list that it was given", (embedder) => ({
    embed: (texts, options) => {
      for (const [i, text] of texts.entries()) (texts as string[])[i] = text.trim();
      return embedder.embed(texts, options);
    },
  })),
  fault("mixes-calls", "answers calls at once with the vectors of the newest", (embedder) => {
    let newest: readonly string[] = [];
    return {
      embed: async (texts, options) => {
        newest = texts;
        await undefined;
        return embedder.embed(newest, options);
      },
    };
  }),
  queryFault("query-of-another-space", "embeds queries by a model of its own", (vector) =>
    vector.map((_, i) => (i % 2 === 0 ? 1 : -1)),
  ),
  queryFault("nan-for-no-query", "gives a vector of NaN for an empty query", (vector, text) =>
    text === "" ? vector.fill(Number.NaN) : vector,
  ),
  fault("returns-its-last-query", "returns the very vector that it keeps for the next time", (embedder) => {
    const cache = new Map<string, Float32Array>();
    return {
      embedQuery: async (text, options) => {
        const vector = cache.get(text) ?? (await embedder.embedQuery?.(text, options)) ?? new Float32Array(0);
        cache.set(text, vector);
        return vector;
      },
    };
  }),
  fault("mixes-queries", "answers queries at once with the vector of the newest", (embedder) => {
    let newest = "";
    return {
      embedQuery: async (text, options) => {
        newest = text;
        await undefined;
        return (await embedder.embedQuery?.(newest, options)) ?? new Float32Array(0);
      },
    };
  }),
  ...abortFaults<Embedder>("embedder"),
];
