import type { Awaitable } from "@keelson/core";

/** Does the work unless aborted, and stops waiting for it on abort, rejecting with `signal.reason` itself. */
export function abortable<T>(signal: AbortSignal | undefined, work: () => Awaitable<T>): Awaitable<T> {
  // No promise of its own: this stands in the way of every call.
  if (signal === undefined) return work();
  signal.throwIfAborted();
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    // Deferred, so that work which throws at once rejects like work which throws later.
    Promise.resolve()
      .then(work)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener("abort", stop));
  });
}
