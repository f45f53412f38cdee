import { argumentInvalid, assertObject, type Clock, type Embedder, systemClock } from "@keelson/core";
import { assertEmbedderOptions } from "./assert-embedder-options.ts";
import { assertTexts } from "./assert-texts.ts";
import { callClient } from "./call-client.ts";
import { toVectors } from "./to-vectors.ts";

/** What is used of LangChain's `Embeddings`. Structural, so that nothing is installed with it. */
export interface LangChainEmbeddings {
  /** Embeds several texts, in the order given. */
  embedDocuments(documents: string[]): PromiseLike<readonly (readonly number[])[]>;
  /** Embeds what is searched for. Where it is missing, queries are embedded as documents are. */
  embedQuery?(text: string): PromiseLike<readonly number[]>;
}

/** What {@link fromLangChain} takes beside the embeddings. */
export interface FromLangChainOptions {
  /** Names the vector space. LangChain's interface has no name for it: change it with the model or its settings. */
  readonly id: string;
  /** Length of the vectors. */
  readonly dimension: number;
  /** The most texts a call may hold. Default: no limit; LangChain's own classes split further. */
  readonly maxBatchSize?: number | undefined;
  /** Reads `Retry-After` dates. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/**
 * An embedder from LangChain `Embeddings`. Queries are embedded by its `embedQuery`, so that a model with a mode of its
 * own for queries keeps it.
 *
 * The interface knows no abort: an aborted call rejects at once, and what the client has begun runs on unheeded.
 * Errors become EMBEDDING_FAILED without a cause, since clients' errors may quote the texts.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of range.
 *
 * @example
 * ```ts
 * import { fromLangChain } from "@keelson/embedders";
 *
 * // In a program: new OpenAIEmbeddings({ model: "text-embedding-3-small" }), with dimension 1536.
 * const embeddings = { embedDocuments: async (texts: string[]) => texts.map((text) => [text.length, 1]) };
 * const embedder = fromLangChain(embeddings, { id: "lengths@1", dimension: 2 });
 * console.log(await embedder.embed(["four"])); // [ Float32Array(2) [ 4, 1 ] ]
 * ```
 */
export function fromLangChain(embeddings: LangChainEmbeddings, options: FromLangChainOptions): Embedder {
  if (typeof embeddings?.embedDocuments !== "function")
    throw argumentInvalid("embeddings", "has no embedDocuments");
  assertObject(options);
  const { id, dimension, maxBatchSize, clock = systemClock } = options;
  assertEmbedderOptions({ id, dimension, maxBatchSize });
  const embedder = {
    specVersion: 1,
    id,
    dimension,
    maxBatchSize,
    embed: async (texts, { signal } = {}) => {
      signal?.throwIfAborted();
      assertTexts(texts);
      if (texts.length === 0) return [];
      const run = () => embeddings.embedDocuments([...texts]);
      const lists = await callClient({ embedder: id, texts: texts.length, clock, signal, run });
      return toVectors(lists, { embedder: id, texts: texts.length, dimension });
    },
  } satisfies Embedder;
  if (typeof embeddings.embedQuery !== "function") return Object.freeze(embedder);
  return Object.freeze({
    ...embedder,
    embedQuery: async (text, { signal } = {}) => {
      const run = async () => [await embeddings.embedQuery?.(text)];
      const lists = await callClient({ embedder: id, texts: 1, clock, signal, run });
      return toVectors(lists, { embedder: id, texts: 1, dimension })[0] as Float32Array;
    },
  } satisfies Embedder);
}
