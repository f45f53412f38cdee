import type { Embedder } from "@keelson/core";

/**
 * What one call of a scripted embedder does.
 *
 * - `ok`: it answers.
 * - `{ status, retryAfterMs }`: it rejects as a service does: `retryable` for 408, 429 and 5xx.
 * - `{ error }`: it rejects with that.
 * - `hang`: it answers nothing until it is aborted.
 * - `nan`: the last vector holds a NaN.
 * - `count`: one vector is missing.
 * - `dimension`: the last vector is one number too long.
 * - `swapped`: the vectors are in the opposite order.
 * - `shared`: the vectors are views of one buffer.
 */
export type EmbedderStep =
  | "ok"
  | "hang"
  | "nan"
  | "count"
  | "dimension"
  | "swapped"
  | "shared"
  | { readonly status: number; readonly retryAfterMs?: number | undefined }
  | { readonly error: unknown };

/** What {@link createScriptedEmbedder} takes. */
export interface ScriptedEmbedderOptions {
  /** What each call does, in turn. Calls beyond the script answer. Default: all answer. */
  readonly script?: readonly EmbedderStep[] | undefined;
  /** Default `"scripted@1"`. */
  readonly id?: string | undefined;
  /** Length of every vector. Default 8. */
  readonly dimension?: number | undefined;
  /** Default: no limit. */
  readonly maxBatchSize?: number | undefined;
}

/** An embedder that does what it is told, and remembers what it was asked. */
export interface ScriptedEmbedder extends Embedder {
  /** The texts of every call so far, those that failed too. */
  readonly calls: readonly (readonly string[])[];
}

/**
 * Makes an embedder that fails as services fail, by a script. Where it answers, equal texts have equal vectors, and
 * texts that differ have others.
 *
 * @example
 * ```ts
 * import { createScriptedEmbedder } from "@keelson/testkit";
 *
 * const embedder = createScriptedEmbedder({ script: [{ status: 429, retryAfterMs: 1000 }, "ok"], dimension: 4 });
 * try {
 *   await embedder.embed(["a"]);
 * } catch (error) {
 *   console.log(error instanceof Error && "retryAfterMs" in error && error.retryAfterMs); // 1000
 * }
 * const [vector] = await embedder.embed(["a"]);
 * console.log(vector?.length, embedder.calls.length); // 4 2
 * ```
 */
export function createScriptedEmbedder(options: ScriptedEmbedderOptions = {}): ScriptedEmbedder {
  const { script = [], id = "scripted@1", dimension = 8, maxBatchSize } = options;
  const calls: (readonly string[])[] = [];
  return {
    specVersion: 1,
    id,
    dimension,
    ...(maxBatchSize !== undefined && { maxBatchSize }),
    calls,
    async embed(texts, embedOptions) {
      const signal = embedOptions?.signal;
      signal?.throwIfAborted();
      const step = script[calls.length] ?? "ok";
      calls.push([...texts]);
      if (step === "hang") await abortOf(signal);
      if (typeof step === "object") throw "error" in step ? step.error : serviceError(step);
      return spoil(
        texts.map((text) => vectorOf(text, dimension)),
        step,
      );
    },
  };
}

function spoil(vectors: Float32Array[], step: EmbedderStep): Float32Array[] {
  const last = vectors.length - 1;
  switch (step) {
    case "nan":
      return vectors.map((vector, i) => (i === last ? vector.fill(Number.NaN, -1) : vector));
    case "count":
      return vectors.slice(0, last);
    case "dimension":
      return vectors.map((vector, i) => (i === last ? Float32Array.of(...vector, 0) : vector));
    case "swapped":
      return vectors.reverse();
    case "shared": {
      const dimension = vectors[0]?.length ?? 0;
      const shared = new Float32Array(vectors.flatMap((vector) => [...vector]));
      return vectors.map((_, i) => shared.subarray(i * dimension, (i + 1) * dimension));
    }
    default:
      return vectors;
  }
}

// A walk of the text's code units over the vector (FNV-1a), so that neither length nor order of letters is lost.
function vectorOf(text: string, dimension: number): Float32Array {
  const vector = new Float32Array(dimension);
  let hash = 0x811c9dc5;
  for (let i = 0; i <= text.length; i++) {
    hash = Math.imul(hash ^ (i < text.length ? text.charCodeAt(i) : text.length), 0x01000193) >>> 0;
    const place = hash % dimension;
    vector[place] = (vector[place] ?? 0) + 1 + (hash >>> 8) / 2 ** 24;
  }
  return vector;
}

function serviceError({
  status,
  retryAfterMs,
}: {
  status: number;
  retryAfterMs?: number | undefined;
}): Error {
  const retryable = status === 408 || status === 429 || status >= 500;
  const error = Object.assign(new Error(`the service answered ${status}`), { status, retryable });
  return retryAfterMs === undefined ? error : Object.assign(error, { retryAfterMs });
}

function abortOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
