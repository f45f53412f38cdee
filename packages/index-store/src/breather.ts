import type { Clock } from "@keelson/core";

const SPAN_MS = 2;

/** Lets timers and requests have their turn during long work. */
export interface Breather {
  breathe(signal: AbortSignal | undefined): Promise<void>;
}

/**
 * Makes a breather that gives up a turn now and then: storage in memory would never do so by itself.
 *
 * @param spanMs After how much work. Default: 2 ms.
 */
export function createBreather(clock: Clock, spanMs: number = SPAN_MS): Breather {
  let last = clock.monotonic();
  return {
    breathe: async (signal) => {
      if (clock.monotonic() - last < spanMs) return;
      await clock.sleep(0, { signal });
      last = clock.monotonic();
    },
  };
}
