import type { AbortOptions, Awaitable } from "./shared-types.ts";

/**
 * Turns texts into vectors.
 *
 * @example The smallest plug-in.
 * ```ts
 * import type { Embedder } from "@keelson/core";
 *
 * export const letterCounts = {
 *   specVersion: 1,
 *   id: "letter-counts@1",
 *   dimension: 26,
 *   embed: (texts) =>
 *     texts.map((text) => {
 *       const vector = new Float32Array(26);
 *       for (const letter of text.toLowerCase().match(/[a-z]/g) ?? []) vector[letter.charCodeAt(0) - 97]! += 1;
 *       return vector;
 *     }),
 * } satisfies Embedder;
 * ```
 */
export interface Embedder {
  /** The version of this interface that the plug-in was written for. */
  readonly specVersion: 1;
  /**
   * Names the vector space: it must change whenever any vector could (model, model version, dimension, prefix,
   * normalisation). Vectors of different ids are never compared.
   */
  readonly id: string;
  /** Length of every vector, at least 1. */
  readonly dimension: number;
  /** The most texts one call may hold. The SDK splits. Default: no limit. */
  readonly maxBatchSize?: number | undefined;
  /**
   * Embeds texts: one vector of finite numbers a text, in the order given, each in a buffer of its own. It rejects
   * when it cannot embed them all, or one of them not whole. To have a call tried again later, reject with an error whose
   * `retryable` is `true`; a `retryAfterMs` on it, in milliseconds, is waited for, unless it is longer than the caller
   * allows: then the caller hears of it at once. KeelsonError takes both; any other error may have them.
   */
  embed(texts: readonly string[], options?: AbortOptions): Awaitable<Float32Array[]>;
  /**
   * Embeds what is searched for, where the model embeds queries otherwise than documents: E5 and its like want another
   * prefix, services another input type. The vector is of the same space, and as long. Optional: without it queries are
   * embedded by {@link Embedder.embed}. It rejects as that does.
   */
  embedQuery?(text: string, options?: AbortOptions): Awaitable<Float32Array>;
}
