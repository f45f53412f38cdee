import { isKeelsonError, KeelsonError } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { slices } from "./records.ts";

const LARGEST_BATCH = 256;

/**
 * Embeds texts in batches that the embedder takes, and checks what it gives: one finite vector of its dimension a text.
 *
 * @throws KeelsonError EMBEDDING_FAILED, without a cause, which could quote a text. A `retryAfterMs` of the
 * embedder's error is kept.
 */
export async function embedTexts(
  context: IndexContext,
  texts: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Float32Array[]> {
  const { embedder } = context;
  const vectors: Float32Array[] = [];
  for (const batch of slices(texts, Math.min(LARGEST_BATCH, embedder.maxBatchSize ?? LARGEST_BATCH))) {
    signal?.throwIfAborted();
    const refuse = (reason: string): KeelsonError => failed(embedder.id, batch.length, reason, undefined);
    let answer: Float32Array[];
    try {
      answer = await embedder.embed(batch, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw isKeelsonError(error, "EMBEDDING_FAILED") && error.cause === undefined
        ? error
        : failed(embedder.id, batch.length, "it rejected", error);
    }
    if (!Array.isArray(answer) || answer.length !== batch.length)
      throw refuse(`it gave ${Array.isArray(answer) ? answer.length : "no list of"} vectors`);
    for (const vector of answer) {
      if (Object.prototype.toString.call(vector) !== "[object Float32Array]")
        throw refuse("it gave something else than a Float32Array");
      if (vector.length !== embedder.dimension)
        throw refuse(`it gave dimension ${vector.length}, expected ${embedder.dimension}`);
      if (!isFiniteVector(vector)) throw refuse("it gave a number that is not finite");
      vectors.push(vector);
    }
  }
  return vectors;
}

function failed(
  embedder: string,
  texts: number,
  reason: string,
  cause: unknown,
): KeelsonError<"EMBEDDING_FAILED"> {
  const { retryable, retryAfterMs } = (typeof cause === "object" && cause !== null ? cause : {}) as {
    readonly retryable?: unknown;
    readonly retryAfterMs?: unknown;
  };
  const error = new KeelsonError(
    "EMBEDDING_FAILED",
    `${embedder} could not embed ${texts} texts: ${reason}`,
    {
      details: { embedder, texts, reason },
      // A wrong answer will be wrong again; of a failure only the embedder knows.
      retryable: retryable === true,
    },
  );
  return typeof retryAfterMs === "number" ? Object.assign(error, { retryAfterMs }) : error;
}

// An index loop: this runs over every number that is ever stored, and iterators cost several times as much.
function isFiniteVector(vector: Float32Array): boolean {
  for (let i = 0; i < vector.length; i++) if (!Number.isFinite(vector[i])) return false;
  return true;
}
