import { type Awaitable, orAbort } from "@keelson/core";

/** Does the work unless aborted, and stops waiting for it on abort, rejecting with `signal.reason` itself. */
export function abortable<T>(signal: AbortSignal | undefined, work: () => Awaitable<T>): Awaitable<T> {
  // No promise of its own: this stands in the way of every call.
  if (signal === undefined) return work();
  signal.throwIfAborted();
  // Deferred, so that work which throws at once rejects like work which throws later.
  return orAbort(Promise.resolve().then(work), signal);
}
