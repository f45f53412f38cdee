import type { Clock } from "./clock.ts";

// A timer's delay is a signed 32-bit integer; longer ones fire at once.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time: the one place where Keelson touches ambient time and timers. */
export const systemClock: Clock = /* @__PURE__ */ Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, options) => {
    if (ms <= 0) return await nextTurn(options?.signal);
    const until = performance.now() + ms;
    do {
      const left = Math.max(0, until - performance.now());
      await timer(Math.min(left, LONGEST_TIMER_MS), options?.signal);
    } while (performance.now() < until);
  },
} satisfies Clock);

// A timer of no time takes a millisecond; long work that gives up a turn now and then would mostly wait.
async function nextTurn(signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  // Browsers have no setImmediate.
  await new Promise<void>((resolve) => {
    if (typeof setImmediate === "function") setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
  signal?.throwIfAborted();
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      clearTimeout(handle);
      reject(signal?.reason);
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
