import { type Embedder, isFiniteVector, isKeelsonError, KeelsonError, orAbort } from "@keelson/core";
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

/** An embedder that has refused so many texts one by one, and takes none from elsewhere, is taken to be broken. */
const REFUSALS_OF_A_BROKEN_EMBEDDER = 3;

/**
 * Embeds texts, several batches at once, and checks what comes back: one finite vector of the embedder's dimension a
 * text. A call that may be tried again is, whole; one that may not is halved until the text that spoils it is found.
 *
 * @returns One element a text: its vector, or the error that it alone led to.
 * @throws KeelsonError EMBEDDING_FAILED when the embedder is down, asks for too long a wait, or takes nothing at all. Errors have no cause, which
 * could quote a text. A `retryAfterMs` of the embedder's error is kept.
 */
export async function embedTexts(
  context: IndexContext,
  texts: readonly string[],
  tally: EmbedTally,
  signal: AbortSignal | undefined,
): Promise<Embedded[]> {
  if (texts.length === 0) return [];
  const found = new Array<Embedded>(texts.length);
  const { controller, unlink } = linkedController(signal);
  const run: Run = { context, texts, found, tally, signal: controller.signal };
  const first = endOfBatch(run, 0);
  let failure: { readonly error: unknown } | undefined;
  let next = 0;

  const work = async (): Promise<void> => {
    try {
      while (next < texts.length && failure === undefined) {
        const from = next;
        next = endOfBatch(run, from);
        await embedBatch(run, from, next);
      }
    } catch (error) {
      failure ??= { error };
      // The others need not begin what is lost anyway.
      controller.abort(error);
    }
  };
  const workers = first === texts.length ? 1 : context.embedding.concurrency;
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
 * Embeds what is to be searched for, as often as asked for: once for a user, who knows how long to wait.
 *
 * @throws KeelsonError EMBEDDING_FAILED
 */
export async function embedQuery(
  context: IndexContext,
  text: string,
  maxAttempts: number,
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
  const asked = { ...context, embedder: asQuery, embedding: { ...context.embedding, maxAttempts } };
  const [vector] = await embedTexts(asked, [text], newTally(), signal);
  if (vector instanceof Float32Array) return vector;
  throw vector;
}

/** Texts on their way. */
interface Run {
  readonly context: IndexContext;
  readonly texts: readonly string[];
  /** What has come of each text by now. */
  readonly found: (Embedded | undefined)[];
  readonly tally: EmbedTally;
  readonly signal: AbortSignal;
}

/** Where the call ends that begins with a text: it holds no more than a call may, nor than a minute may see. */
function endOfBatch({ context, texts }: Run, from: number): number {
  const { embedder, embedding } = context;
  const { batchSize, limiter, countTokens } = embedding;
  const size = Math.min(batchSize, embedder.maxBatchSize ?? batchSize, Math.floor(limiter.mostTexts));
  const end = Math.min(from + Math.max(size, 1), texts.length);
  if (limiter.mostTokens === Number.POSITIVE_INFINITY) return end;
  let tokens = countTokens(texts[from] as string);
  for (let to = from + 1; to < end; to++) {
    tokens += countTokens(texts[to] as string);
    if (tokens > limiter.mostTokens) return to;
  }
  return end;
}

/** Embeds some of the texts with one call, or with more where that is refused, and puts what comes of them in place. */
async function embedBatch(run: Run, from: number, to: number): Promise<void> {
  const { context, texts, found, tally, signal } = run;
  const batch = texts.slice(from, to);
  const answer = await callWithRetries(context, batch, tally, signal);
  if (isKeelsonError(answer)) {
    if (batch.length === 1) {
      await refuse(run, from, answer);
      return;
    }
    const middle = from + Math.ceil(batch.length / 2);
    await embedBatch(run, from, middle);
    await embedBatch(run, middle, to);
    return;
  }
  const { id, dimension } = context.embedder;
  const refused: { readonly at: number; readonly fault: string }[] = [];
  for (const [i, text] of batch.entries()) {
    const vector = answer[i] as Float32Array;
    const fault = faultOf(vector, dimension);
    if (fault === undefined) {
      found[from + i] = vector;
      tally.texts++;
      tally.tokens += context.embedding.countTokens(text);
    } else {
      refused.push({ at: from + i, fault });
    }
  }
  // The others first: an embedder that takes some is not broken.
  for (const { at, fault } of refused) await refuse(run, at, failed(id, 1, fault, undefined));
}

/** @throws KeelsonError the error, where it seems to be the embedder's fault and not the text's. */
async function refuse(run: Run, at: number, error: KeelsonError<"EMBEDDING_FAILED">): Promise<void> {
  const { found, tally } = run;
  found[at] = error;
  tally.refused++;
  if (tally.texts > 0 || tally.refused < REFUSALS_OF_A_BROKEN_EMBEDDER) return;
  if (!(await takesAny(run))) throw error;
}

/** Bad texts may stand side by side: does the embedder take one from elsewhere? */
async function takesAny({ context, texts, found, tally, signal }: Run): Promise<boolean> {
  for (const at of [texts.length - 1, Math.floor(texts.length / 2)]) {
    if (found[at] !== undefined) continue;
    const text = texts[at] as string;
    const answer = await callWithRetries(context, [text], tally, signal);
    if (isKeelsonError(answer) || faultOf(answer[0], context.embedder.dimension) !== undefined) continue;
    tally.texts++;
    tally.tokens += context.embedding.countTokens(text);
    return true;
  }
  return false;
}

/** One call's answer, or the error that another try would not mend. */
async function callWithRetries(
  context: IndexContext,
  batch: readonly string[],
  tally: EmbedTally,
  signal: AbortSignal,
): Promise<readonly unknown[] | KeelsonError<"EMBEDDING_FAILED">> {
  const { embedder, clock } = context;
  const { limiter, maxAttempts, maxRetryAfterMs, countTokens } = context.embedding;
  const tokens = batch.reduce((sum, text) => sum + countTokens(text), 0);
  let progress = tally.texts;
  for (let attempt = 1; ; attempt++) {
    await limiter.admit(batch.length, tokens, signal);
    signal.throwIfAborted();
    try {
      const asked = Promise.resolve(embedder.embed(batch, { signal }));
      const answer: unknown = await orAbort(asked, signal);
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
      const { retryAfterMs } = failure;
      // A time that is over, as a date to the second often is, says as little as none.
      if (isWait(retryAfterMs) && retryAfterMs > maxRetryAfterMs)
        throw tooLong(failure, retryAfterMs, maxRetryAfterMs);
      if (isWait(retryAfterMs)) limiter.pause(retryAfterMs);
      else await clock.sleep(Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS), { signal });
    }
  }
}

/** The same failure, with the reason that no other try is made. */
function tooLong(
  { message, details }: KeelsonError<"EMBEDDING_FAILED">,
  retryAfterMs: number,
  maxRetryAfterMs: number,
): KeelsonError<"EMBEDDING_FAILED"> {
  const wait = `it asks for a wait of ${retryAfterMs} ms, more than maxRetryAfterMs (${maxRetryAfterMs})`;
  return new KeelsonError("EMBEDDING_FAILED", `${message}; ${wait}`, {
    details: { ...details, reason: `${details.reason}; ${wait}` },
    retryable: true,
    retryAfterMs,
  });
}

function isWait(ms: unknown): ms is number {
  return Number.isFinite(ms) && (ms as number) > 0;
}

function faultOf(vector: unknown, dimension: number): string | undefined {
  if (!isFloats(vector)) return "it gave something else than a Float32Array";
  if (vector.length !== dimension) return `it gave dimension ${vector.length}, expected ${dimension}`;
  return isFiniteVector(vector) ? undefined : "it gave a number that is not finite";
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
  return new KeelsonError(
    "EMBEDDING_FAILED",
    `${embedder} could not embed ${texts === 1 ? "a text" : `${texts} texts`}: ${reason}`,
    {
      details: { embedder, texts, reason },
      // A wrong answer will be wrong again; of a failure only the embedder knows.
      retryable: retryable === true,
      retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : undefined,
    },
  );
}
