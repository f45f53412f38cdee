import type { Clock } from "@keelson/core";
import type { ClockHarness } from "../../src/index.ts";

interface MovedClock extends Clock {
  advance(ms: number): void;
}

/** A clock as it should be, which stands still until it is moved. */
function createClock(): MovedClock {
  let time = 0;
  const sleepers = new Set<{ readonly at: number; wake(): void }>();
  return {
    now: () => 1_000_000 + time,
    monotonic: () => time,
    async sleep(ms, options) {
      const signal = options?.signal;
      signal?.throwIfAborted();
      if (ms <= 0) return;
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const sleeper = {
          at: time + ms,
          wake: () => {
            sleepers.delete(sleeper);
            signal?.removeEventListener("abort", stop);
            resolve();
          },
        };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", stop, { once: true });
      });
    },
    advance(ms) {
      const until = time + ms;
      for (const sleeper of [...sleepers].sort((a, b) => a.at - b.at)) {
        if (sleeper.at > until) break;
        time = sleeper.at;
        sleeper.wake();
      }
      time = until;
    },
  };
}

/** The clock and how it is moved. */
export const clockHarness: ClockHarness = {
  create: createClock,
  advance: (clock, ms) => (clock as MovedClock).advance(ms),
};
