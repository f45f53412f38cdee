import { type AbortOptions, type Clock, isKeelsonError } from "@keelson/core";

/** What {@link withTimeout} takes beside the work. */
export interface TimeoutOptions extends AbortOptions {
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** The error for work that took too long. */
  onTimeout(): Error;
  /** The error for work that failed with anything but a KeelsonError. */
  onFailure(): Error;
}

/**
 * Runs work with a signal that ends it when the caller aborts or its time is over, and settles promptly even where
 * the work does not heed the signal.
 */
export async function withTimeout<T>(
  work: (ended: AbortSignal) => Promise<T>,
  options: TimeoutOptions,
): Promise<T> {
  const { timeoutMs, clock, signal, onTimeout, onFailure } = options;
  signal?.throwIfAborted();
  const ending = new AbortController();
  const timing = new AbortController();
  const onAbort = (): void => ending.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const ended = new Promise<never>((_, reject) => {
    ending.signal.addEventListener("abort", () => reject(ending.signal.reason), { once: true });
  });
  clock.sleep(timeoutMs, { signal: timing.signal }).then(
    () => ending.abort(onTimeout()),
    () => {},
  );
  try {
    return await Promise.race([work(ending.signal), ended]);
  } catch (error) {
    if (ending.signal.aborted) throw ending.signal.reason;
    throw isKeelsonError(error) ? error : onFailure();
  } finally {
    timing.abort();
    signal?.removeEventListener("abort", onAbort);
  }
}
