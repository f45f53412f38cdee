import {
  argumentInvalid,
  assertObject,
  type Clock,
  type Embedder,
  type Json,
  systemClock,
} from "@keelson/core";
import { assertEmbedderOptions } from "./assert-embedder-options.ts";
import { assertTexts } from "./assert-texts.ts";
import { callClient } from "./call-client.ts";
import { toVectors } from "./to-vectors.ts";

const SPECIFICATIONS: readonly string[] = ["v2", "v3", "v4"];

/**
 * What is used of an AI SDK embedding model, of specification v2, v3 or v4 (`ai` 5, 6 and 7). Structural, so that
 * nothing is installed with it.
 */
export interface AiSdkEmbeddingModel {
  /** `"v2"`, `"v3"` or `"v4"`. */
  readonly specificationVersion: "v2" | "v3" | "v4";
  /** The provider's name. */
  readonly provider: string;
  /** The model's name at the provider. */
  readonly modelId: string;
  /** The most texts a call may hold, if there is a limit. */
  readonly maxEmbeddingsPerCall: PromiseLike<number | undefined> | number | undefined;
  /** Embeds the values of one call. */
  doEmbed(options: {
    values: string[];
    abortSignal?: AbortSignal;
    providerOptions?: Record<string, Record<string, unknown>>;
  }): PromiseLike<{ readonly embeddings: readonly (readonly number[])[] }>;
}

/** What {@link fromAiSdk} takes beside the model. */
export interface FromAiSdkOptions {
  /** Length of the model's vectors. */
  readonly dimension: number;
  /** Names the vector space. Default: provider, model, dimension and provider options. */
  readonly id?: string | undefined;
  /** Handed to the provider with every call, by provider name: `{ openai: { dimensions: 256 } }`. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, Json>>>> | undefined;
  /**
   * Handed to the provider in their place when a query is embedded, for models with a mode of its own for queries:
   * `{ cohere: { inputType: "search_query" } }`. Default: queries are embedded as documents are.
   */
  readonly queryProviderOptions?: Readonly<Record<string, Readonly<Record<string, Json>>>> | undefined;
  /** Reads `Retry-After` dates. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/**
 * An embedder from an AI SDK embedding model.
 *
 * Errors of the model become EMBEDDING_FAILED without a cause, since the SDK's errors quote the request. The AI SDK's
 * own retries are not involved: whoever calls the embedder retries.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the model or an option cannot be used.
 *
 * @example
 * ```ts
 * import { fromAiSdk, type AiSdkEmbeddingModel } from "@keelson/embedders";
 *
 * // In a program: openai.embeddingModel("text-embedding-3-small"), with dimension 1536.
 * const model: AiSdkEmbeddingModel = {
 *   specificationVersion: "v4",
 *   provider: "local",
 *   modelId: "lengths",
 *   maxEmbeddingsPerCall: 100,
 *   doEmbed: async ({ values }) => ({ embeddings: values.map((value) => [value.length, 1]) }),
 * };
 * const embedder = fromAiSdk(model, { dimension: 2 });
 * console.log(embedder.id); // local:lengths:2
 * console.log(await embedder.embed(["four"])); // [ Float32Array(2) [ 4, 1 ] ]
 * ```
 */
export function fromAiSdk(model: AiSdkEmbeddingModel, options: FromAiSdkOptions): Embedder {
  assertObject(model, "model");
  assertObject(options);
  const { dimension, providerOptions, queryProviderOptions, clock = systemClock } = options;
  if (!SPECIFICATIONS.includes(model.specificationVersion)) {
    const reason = `is of specification ${String(model.specificationVersion)}; supported: ${SPECIFICATIONS.join(", ")}`;
    throw argumentInvalid("model", reason);
  }
  if (typeof model.doEmbed !== "function") throw argumentInvalid("model", "has no doEmbed");
  const suffix = providerOptions === undefined ? "" : `:${JSON.stringify(providerOptions)}`;
  const id = options.id ?? `${model.provider}:${model.modelId}:${dimension}${suffix}`;
  assertEmbedderOptions({ id, dimension });
  const limit = model.maxEmbeddingsPerCall;

  const embedWith = async (
    settings: FromAiSdkOptions["providerOptions"],
    texts: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> => {
    assertTexts(texts);
    // The limit may be a promise, which is no maxBatchSize yet: so batches are split here as well.
    const size = Math.max(1, (await limit) ?? texts.length);
    const vectors: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += size) {
      const values = texts.slice(from, from + size);
      const { embeddings } = await callClient({
        embedder: id,
        texts: values.length,
        clock,
        signal,
        run: () =>
          model.doEmbed({
            values,
            ...(signal && { abortSignal: signal }),
            ...(settings && { providerOptions: settings }),
          }),
      });
      vectors.push(...toVectors(embeddings, { embedder: id, texts: values.length, dimension }));
    }
    return vectors;
  };
  const embedder = {
    specVersion: 1,
    id,
    dimension,
    maxBatchSize: typeof limit === "number" && Number.isFinite(limit) ? limit : undefined,
    embed: (texts, { signal } = {}) => embedWith(providerOptions, texts, signal),
  } satisfies Embedder;
  if (queryProviderOptions === undefined) return Object.freeze(embedder);
  return Object.freeze({
    ...embedder,
    embedQuery: async (text, { signal } = {}) =>
      (await embedWith(queryProviderOptions, [text], signal))[0] as Float32Array,
  } satisfies Embedder);
}
