import type { Clock } from "./clock.ts";
import { orAbort } from "./or-abort.ts";
import type { AbortOptions } from "./shared-types.ts";

/** What {@link withTimeout} takes beside the work. */
export interface TimeoutOptions extends AbortOptions {
  /** How long the work may take, in milliseconds. */
  readonly timeoutMs: number;
  /** What measures it. */
  readonly clock: Clock;
  /** Makes the error for work that took longer. */
  readonly onTimeout: () => Error;
}

/**
 * Runs work with a signal that ends it when the caller aborts or its time is over. It settles promptly even where the
 * work does not heed the signal: with the caller's reason, the error of `onTimeout`, or what the work came to.
 */
export async function withTimeout<T>(
  work: (ended: AbortSignal) => Promise<T>,
  { timeoutMs, clock, signal, onTimeout }: TimeoutOptions,
): Promise<T> {
  signal?.throwIfAborted();
  const ending = new AbortController();
  const timing = new AbortController();
  const onAbort = (): void => ending.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  clock.sleep(timeoutMs, { signal: timing.signal }).then(
    () => ending.abort(onTimeout()),
    () => {},
  );
  try {
    return await orAbort(work(ending.signal), ending.signal);
  } catch (error) {
    // Work that heeds the signal may reject with an error of its own.
    ending.signal.throwIfAborted();
    throw error;
  } finally {
    timing.abort();
    signal?.removeEventListener("abort", onAbort);
  }
}
