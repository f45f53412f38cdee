/**
 * A value, or a promise of it. Plug-ins may answer either way; what the SDK gives its users is always a
 * promise.
 */
export type Awaitable<T> = T | PromiseLike<T>;

/** Anything `for await` can read. Input is read once, in order, and never buffered whole. */
export type AnyIterable<T> = Iterable<T> | AsyncIterable<T>;

/** Any JSON value. Numbers are finite; what JSON cannot say (`undefined`, `NaN`, dates, functions) is not in it. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Data about a document or chunk that queries can filter by: a JSON object, nested as deep as needed. */
export type Metadata = JsonObject;

/** The last argument of every asynchronous call. */
export interface AbortOptions {
  /**
   * Ends the call early. Already aborted: the call rejects before any side effect. Aborted in flight: the call
   * rejects promptly. Either way it rejects with `signal.reason` itself, never wrapped.
   *
   * The SDK looks before it calls a plug-in, so a plug-in that answers at once need not look. One that answers with a
   * promise must.
   */
  readonly signal?: AbortSignal | undefined;
}

/** What the calls that return one page of an ordered listing take. */
export interface PageOptions extends AbortOptions {
  /** Start behind this key (exclusive). It need not exist. Default: from the beginning. */
  readonly after?: string | undefined;
  /**
   * The most entries to return, at least 1. A shorter page means the listing has ended. Another number is
   * refused with ARGUMENT_INVALID. Default 1,000.
   */
  readonly limit?: number | undefined;
}

/**
 * The version of one stored entry: a positive safe integer that grows with every commit to the store, so that no
 * revision ever comes back, not even after delete and create.
 */
export type Revision = number;

/** What a conditional write asks of the entry as it is: that exact revision, or that there is no entry. */
export type ExpectedRevision = Revision | "absent";
