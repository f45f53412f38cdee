import { type AbortOptions, type Clock, orAbort } from "@keelson/core";
import { embeddingFailed, isRetryableStatus } from "./embedding-failed.ts";
import { retryAfterMs } from "./retry-after.ts";

/** A call into another library's client, with what its failure is reported by. */
export interface ClientCall<T> extends AbortOptions {
  readonly embedder: string;
  readonly texts: number;
  readonly clock: Clock;
  run(): PromiseLike<T>;
}

/**
 * Calls a client that may not know abort signals, and turns its error into one that quotes no text but keeps what is
 * known about trying again.
 */
export async function callClient<T>(call: ClientCall<T>): Promise<T> {
  const { signal } = call;
  signal?.throwIfAborted();
  try {
    return await orAbort(Promise.resolve(call.run()), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw embeddingFailed({
      embedder: call.embedder,
      texts: call.texts,
      ...factsOf(error, call.clock.now()),
    });
  }
}

// The shapes of the AI SDK's APICallError (statusCode, isRetryable, responseHeaders) and of the clients under
// LangChain (status, headers). Without a status the network failed, most likely: worth another try.
function factsOf(error: unknown, nowMs: number) {
  const facts = (typeof error === "object" && error !== null ? error : {}) as {
    readonly statusCode?: unknown;
    readonly status?: unknown;
    readonly isRetryable?: unknown;
    readonly responseHeaders?: unknown;
    readonly headers?: unknown;
  };
  const status = [facts.statusCode, facts.status].find((value) => typeof value === "number");
  const known = typeof facts.isRetryable === "boolean" ? facts.isRetryable : undefined;
  const headers = facts.responseHeaders ?? facts.headers;
  return {
    reason: status === undefined ? "its client failed" : `the service answered ${status}`,
    retryable: known ?? (status === undefined || isRetryableStatus(status)),
    retryAfterMs: retryAfterMs((name) => readHeader(headers, name), nowMs),
  };
}

function readHeader(headers: unknown, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  if (typeof headers !== "object" || headers === null) return undefined;
  const value: unknown = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === "string" ? value : undefined;
}
