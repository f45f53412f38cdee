import type { Clock } from "@keelson/core";

const SPAN_MS = 2;

/** Lets timers and requests have their turn during long work. */
export interface Breather {
  breathe(signal: AbortSignal | undefined): Promise<void>;
}

/** Makes a breather that gives up a turn every 2 ms of work: storage in memory would never do so by itself. */
export function createBreather(clock: Clock): Breather {
  let last = clock.monotonic();
  return {
    breathe: async (signal) => {
      if (clock.monotonic() - last < SPAN_MS) return;
      await clock.sleep(0, { signal });
      last = clock.monotonic();
    },
  };
}
