import type { AbortOptions } from "./shared-types.ts";

/**
 * Time, injected. Nothing in Keelson reads the system's time by itself: expiry, grace windows, leases and
 * back-off all ask the clock they were given, so tests move time by hand.
 *
 * @example
 * ```ts
 * import { systemClock } from "@keelson/core";
 *
 * const startedAt = systemClock.monotonic();
 * await systemClock.sleep(5);
 * console.log(systemClock.monotonic() > startedAt); // true
 * ```
 */
export interface Clock {
  /** Wall-clock time in epoch milliseconds. It may jump, also backwards: compare it with deadlines, never subtract it. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. For differences only. */
  monotonic(): number;
  /**
   * Resolves once `ms` milliseconds of monotonic time have passed; 0 or less resolves in a later turn. An abort
   * rejects with `signal.reason` and leaves no timer behind.
   */
  sleep(ms: number, options?: AbortOptions): Promise<void>;
}
