import { KeelsonError } from "@keelson/core";

/** What is known of a failed call, without any of its texts. */
export interface EmbeddingFailure {
  /** The embedder's id. */
  readonly embedder: string;
  /** How many texts the call held. */
  readonly texts: number;
  /** What went wrong, in a few words. */
  readonly reason: string;
  readonly retryable: boolean;
  readonly retryAfterMs?: number | undefined;
}

/**
 * An EMBEDDING_FAILED without a cause: errors of services and clients may quote the texts. The time to wait, where it
 * is known, is its `retryAfterMs`, as the Embedder interface has it.
 */
export function embeddingFailed(failure: EmbeddingFailure): KeelsonError<"EMBEDDING_FAILED"> {
  const { embedder, texts, reason, retryable, retryAfterMs } = failure;
  return new KeelsonError(
    "EMBEDDING_FAILED",
    `${embedder} could not embed ${texts === 1 ? "a text" : `${texts} texts`}: ${reason}`,
    {
      details: { embedder, texts, reason },
      retryable,
      retryAfterMs,
    },
  );
}

/** May a request that was answered so succeed later? */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 409 || status === 429 || status >= 500;
}
