import { type Embedder, isKeelsonError, KeelsonError } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { linkedController } from "./linked-controller.ts";

/** A text's vector, or why it has none. */
export type Embedded = Float32Array | KeelsonError<"EMBEDDING_FAILED">;

/** What one call of the index has had embedded. */
export interface EmbedTally {
  texts: number;
  tokens: number;
  /** How many texts failed by themselves. */
  refused: number;
}

export function newTally(): EmbedTally {
  return { texts: 0, tokens: 0, refused: 0 };
}

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;

/** An embedder that has refused so many texts one by one, and taken none, is taken to be broken, not the texts. */
const REFUSALS_OF_A_BROKEN_EMBEDDER = 3;

/**
 * Embeds texts, several batches at once, and checks what comes back: one finite vector of the embedder's dimension a
 * text. A call that may be tried again is, whole; one that may not is halved until the text that spoils it is found.
 *
 * @returns One element a text: its vector, or the error that it alone led to.
 * @throws KeelsonError EMBEDDING_FAILED when the embedder is down or takes nothing at all. Errors have no cause, which
 * could quote a text. A `retryAfterMs` of the embedder's error is kept.
 */
export async function embedTexts(
  context: IndexContext,
  texts: readonly string[],
  tally: EmbedTally,
  signal: AbortSignal | undefined,
): Promise<Embedded[]> {
  if (texts.length === 0) return [];
  const { embedder, embedding } = context;
  const size = Math.min(embedding.batchSize, embedder.maxBatchSize ?? embedding.batchSize);
  const found = new Array<Embedded>(texts.length);
  const { controller, unlink } = linkedController(signal);
  let failure: { readonly error: unknown } | undefined;
  let next = 0;

  const work = async (): Promise<void> => {
    try {
      while (next < texts.length && failure === undefined) {
        const from = next;
        next += size;
        await embedBatch(context, texts.slice(from, next), from, found, tally, controller.signal);
      }
    } catch (error) {
      failure ??= { error };
      // The others need not begin what is lost anyway.
      controller.abort(error);
    }
  };
  const workers = Math.min(embedding.concurrency, Math.ceil(texts.length / size));
  try {
    await Promise.all(Array.from({ length: workers }, work));
  } finally {
    unlink();
  }
  signal?.throwIfAborted();
  if (failure !== undefined) throw failure.error;
  return found;
}

/**
 * Embeds what is to be searched for, and tries it once: whoever asked knows how long to wait.
 *
 * @throws KeelsonError EMBEDDING_FAILED
 */
export async function embedQuery(
  context: IndexContext,
  text: string,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const { embedder } = context;
  const { id, dimension } = embedder;
  const asQuery: Embedder =
    embedder.embedQuery === undefined
      ? embedder
      : {
          specVersion: 1,
          id,
          dimension,
          embed: async (_, options) => [(await embedder.embedQuery?.(text, options)) as Float32Array],
        };
  const once = { ...context, embedder: asQuery, embedding: { ...context.embedding, maxAttempts: 1 } };
  const [vector] = await embedTexts(once, [text], newTally(), signal);
  if (vector instanceof Float32Array) return vector;
  throw vector;
}

/** Embeds texts with one call, or with more where that is refused, and puts what comes of them in place from `start`. */
async function embedBatch(
  context: IndexContext,
  batch: readonly string[],
  start: number,
  found: Embedded[],
  tally: EmbedTally,
  signal: AbortSignal,
): Promise<void> {
  const { embedder } = context;
  const answer = await callWithRetries(context, batch, tally, signal);
  if (isKeelsonError(answer)) {
    if (batch.length > 1) {
      const middle = Math.ceil(batch.length / 2);
      await embedBatch(context, batch.slice(0, middle), start, found, tally, signal);
      await embedBatch(context, batch.slice(middle), start + middle, found, tally, signal);
      return;
    }
    refuse(answer, tally);
    found[start] = answer;
    return;
  }
  for (const [i, text] of batch.entries()) {
    const vector = answer[i] as Float32Array;
    const fault = faultOf(vector, embedder.dimension);
    if (fault === undefined) {
      found[start + i] = vector;
      tally.texts++;
      tally.tokens += context.embedding.countTokens(text);
    } else {
      const error = failed(embedder.id, 1, fault, undefined);
      found[start + i] = error;
      refuse(error, tally);
    }
  }
}

function refuse(error: KeelsonError<"EMBEDDING_FAILED">, tally: EmbedTally): void {
  tally.refused++;
  if (tally.texts === 0 && tally.refused >= REFUSALS_OF_A_BROKEN_EMBEDDER) throw error;
}

/** One call's answer, or the error that another try would not mend. */
async function callWithRetries(
  context: IndexContext,
  batch: readonly string[],
  tally: EmbedTally,
  signal: AbortSignal,
): Promise<readonly unknown[] | KeelsonError<"EMBEDDING_FAILED">> {
  const { embedder, clock } = context;
  const { limiter, maxAttempts, countTokens } = context.embedding;
  const tokens = batch.reduce((sum, text) => sum + countTokens(text), 0);
  let progress = tally.texts;
  for (let attempt = 1; ; attempt++) {
    await limiter.admit(batch.length, tokens, signal);
    signal.throwIfAborted();
    try {
      const answer: unknown = await embedder.embed(batch, { signal });
      if (Array.isArray(answer) && answer.length === batch.length) return answer;
      const count = Array.isArray(answer) ? answer.length : "no list of";
      return failed(embedder.id, batch.length, `it gave ${count} vectors`, undefined);
    } catch (error) {
      signal.throwIfAborted();
      const known = isKeelsonError(error, "EMBEDDING_FAILED") && error.cause === undefined;
      const failure = known ? error : failed(embedder.id, batch.length, "it rejected", error);
      if (!failure.retryable) return failure;
      // While others get through, the service lives, and this one only has bad luck.
      if (tally.texts > progress) attempt = 1;
      progress = tally.texts;
      if (attempt >= maxAttempts) throw failure;
      const { retryAfterMs } = failure as { readonly retryAfterMs?: number };
      if (retryAfterMs !== undefined) limiter.pause(retryAfterMs);
      else await clock.sleep(Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS), { signal });
    }
  }
}

function faultOf(vector: unknown, dimension: number): string | undefined {
  if (!isFloats(vector)) return "it gave something else than a Float32Array";
  if (vector.length !== dimension) return `it gave dimension ${vector.length}, expected ${dimension}`;
  // An index loop: this runs over every number that is ever stored, and iterators cost several times as much.
  for (let i = 0; i < vector.length; i++)
    if (!Number.isFinite(vector[i])) return "it gave a number that is not finite";
  return undefined;
}

/** By its tag, since a vector may come from another realm. */
export function isFloats(vector: unknown): vector is Float32Array {
  return ArrayBuffer.isView(vector) && (vector as Float32Array)[Symbol.toStringTag] === "Float32Array";
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
