import type { Clock } from "@keelson/core";
import { invalid } from "./documents.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limiter.ts";

/** How an index works with its embedder. */
export interface EmbeddingOptions {
  /** How many calls of the embedder may be under way at once, at least 1. Default 4. */
  readonly concurrency?: number | undefined;
  /** The most texts a call holds, at least 1. Default 256, and never more than the embedder's `maxBatchSize`. */
  readonly batchSize?: number | undefined;
  /**
   * How often a call is made in a row that fails with `retryable: true` while nothing else gets through, at least 1.
   * Between them passes the error's `retryAfterMs`, which holds back all calls, or else 0.5 s, 1 s, 2 s, up to 30 s.
   * Default 8.
   */
  readonly maxAttempts?: number | undefined;
  /**
   * The longest `retryAfterMs` that is waited for, in milliseconds, at least 0. A call that is told to wait longer, as by a
   * service whose quota for the day is used up, rejects at once with EMBEDDING_FAILED, retryable and with that
   * `retryAfterMs`, and so does what it was made for. `Infinity` waits however long. Default 300,000, which is 5 minutes.
   */
  readonly maxRetryAfterMs?: number | undefined;
  /** The most texts in any 60 seconds, retries included; no call holds more. Default: no limit. */
  readonly textsPerMinute?: number | undefined;
  /**
   * The most tokens in any 60 seconds, retries included; a call holds more only where a single text does. Default: no
   * limit.
   */
  readonly tokensPerMinute?: number | undefined;
  /** Counts a text's tokens as the embedder does. Default: an estimate, a token for every four UTF-16 code units. */
  readonly countTokens?: ((text: string) => number) | undefined;
  /** What a million tokens cost, in USD. Plans and results then say what they cost. */
  readonly pricePerMillionTokens?: number | undefined;
}

/** The same, checked and complete. */
export interface EmbeddingSettings {
  readonly concurrency: number;
  readonly batchSize: number;
  readonly maxAttempts: number;
  readonly maxRetryAfterMs: number;
  readonly limiter: RateLimiter;
  countTokens(text: string): number;
  /** What so many tokens cost, `undefined` where no price is known. */
  costUsd(tokens: number): number | undefined;
}

const UNITS_A_TOKEN = 4;

export function embeddingSettings(options: EmbeddingOptions | undefined, clock: Clock): EmbeddingSettings {
  const { concurrency = 4, batchSize = 256, maxAttempts = 8 } = options ?? {};
  const { maxRetryAfterMs = 300_000, textsPerMinute, tokensPerMinute } = options ?? {};
  const { countTokens, pricePerMillionTokens } = options ?? {};
  const counts = { concurrency, batchSize, maxAttempts };
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw invalid(`embedding.${name}`, "not a whole number of at least 1");
  }
  if (!(maxRetryAfterMs >= 0)) throw invalid("embedding.maxRetryAfterMs", "not at least 0");
  for (const [name, value] of Object.entries({ textsPerMinute, tokensPerMinute })) {
    if (value !== undefined && !(value > 0)) throw invalid(`embedding.${name}`, "not above 0");
  }
  if (
    pricePerMillionTokens !== undefined &&
    !(Number.isFinite(pricePerMillionTokens) && pricePerMillionTokens >= 0)
  )
    throw invalid("embedding.pricePerMillionTokens", "not a number of at least 0");
  return {
    ...counts,
    maxRetryAfterMs,
    limiter: createRateLimiter(clock, { textsPerMinute, tokensPerMinute }),
    countTokens: countTokens ?? ((text) => Math.ceil(text.length / UNITS_A_TOKEN)),
    costUsd: (tokens) =>
      pricePerMillionTokens === undefined ? undefined : (tokens * pricePerMillionTokens) / 1_000_000,
  };
}
