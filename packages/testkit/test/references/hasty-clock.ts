import type { Clock } from "@keelson/core";

/** A clock for waiting without waiting: each sleep takes one turn of the event loop, and counts as a long one. */
export function createHastyClock(): Clock {
  let time = 0;
  return {
    now: () => time,
    monotonic: () => time,
    sleep: async (ms) => {
      time += 100 * ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
