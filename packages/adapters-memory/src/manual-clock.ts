import { argumentInvalid, type Clock } from "@keelson/core";
import { nextTurn } from "./next-turn.ts";

const DEFAULT_NOW_MS = Date.UTC(2026, 0, 1);

/** What {@link createManualClock} takes. */
export interface ManualClockOptions {
  /** What the wall clock shows at the start, in epoch milliseconds. Default: the first instant of 2026, UTC. */
  readonly nowMs?: number | undefined;
}

/** A clock that stands still until it is moved. */
export interface ManualClock extends Clock {
  /**
   * Moves wall clock and monotonic time forward, from one sleeper's hour to the next: each is woken at its own time,
   * in the order of the times (ties in the order they fell asleep), and what follows its `await` runs before time
   * goes on, so a loop that sleeps again is woken again. Resolves when the whole span has passed. Two calls at once
   * run one after the other.
   *
   * What waits for real input or output between two sleeps is not waited for.
   *
   * @throws KeelsonError ARGUMENT_INVALID when `ms` is negative or not finite.
   */
  advance(ms: number): Promise<void>;
  /**
   * Sets the wall clock, forward or back, as an operator or a time server does. Monotonic time and sleepers take no
   * notice.
   *
   * @throws KeelsonError ARGUMENT_INVALID when it is not finite.
   */
  setNow(epochMs: number): void;
}

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * Makes a clock for tests: expiry, grace windows, leases and back-off happen when the test says so, at once and
 * without a timer.
 *
 * @example
 * ```ts
 * import { createManualClock } from "@keelson/adapters-memory";
 *
 * const clock = createManualClock({ nowMs: 0 });
 * const hours: number[] = [];
 * const watch = async (): Promise<void> => {
 *   for (let bell = 0; bell < 3; bell++) {
 *     await clock.sleep(1000);
 *     hours.push(clock.now());
 *   }
 * };
 * const done = watch();
 * await clock.advance(3000);
 * await done;
 * console.log(hours); // [ 1000, 2000, 3000 ]
 * ```
 *
 * @throws KeelsonError ARGUMENT_INVALID when `nowMs` is not finite.
 */
export function createManualClock(options: ManualClockOptions = {}): ManualClock {
  const { nowMs = DEFAULT_NOW_MS } = options;
  assertFinite(nowMs, "nowMs");
  let monotonic = 0;
  let wallOffset = nowMs;
  let advancing: Promise<void> = Promise.resolve();
  // Sleeps of no time, which need a turn but no hour.
  let passing = 0;
  // By time of waking, ties by time of falling asleep.
  const sleepers: Sleeper[] = [];

  const settle = async (): Promise<void> => {
    do await nextTurn();
    while (passing > 0);
  };
  const pass = async (): Promise<void> => {
    passing++;
    await nextTurn();
    passing--;
  };
  const run = async (ms: number): Promise<void> => {
    const until = monotonic + ms;
    // What is under way first gets to its own sleep.
    await settle();
    for (let next = sleepers[0]; next !== undefined && next.wakeAt <= until; next = sleepers[0]) {
      monotonic = Math.max(monotonic, next.wakeAt);
      next.wake();
      await settle();
    }
    monotonic = until;
  };

  return {
    now: () => wallOffset + monotonic,
    monotonic: () => monotonic,
    sleep: async (ms, sleepOptions) => {
      const signal = sleepOptions?.signal;
      signal?.throwIfAborted();
      if (Number.isNaN(ms)) throw argumentInvalid("ms", `is ${ms}`);
      await new Promise<void>((resolve, reject) => {
        const leave = (): void => {
          signal?.removeEventListener("abort", stop);
          const place = sleepers.indexOf(sleeper);
          if (place !== -1) sleepers.splice(place, 1);
        };
        const stop = (): void => {
          leave();
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          wakeAt: monotonic + ms,
          wake: () => {
            leave();
            resolve();
          },
        };
        signal?.addEventListener("abort", stop, { once: true });
        if (ms <= 0) {
          void pass().then(sleeper.wake);
          return;
        }
        const later = sleepers.findIndex(({ wakeAt }) => wakeAt > sleeper.wakeAt);
        sleepers.splice(later === -1 ? sleepers.length : later, 0, sleeper);
      });
    },
    advance: (ms) => {
      if (!Number.isFinite(ms) || ms < 0) return Promise.reject(argumentInvalid("ms", `is ${ms}`));
      advancing = advancing.then(() => run(ms));
      return advancing;
    },
    setNow: (epochMs) => {
      assertFinite(epochMs, "epochMs");
      wallOffset = epochMs - monotonic;
    },
  };
}

function assertFinite(value: number, argument: string): void {
  if (!Number.isFinite(value)) throw argumentInvalid(argument, `is ${String(value)}`);
}
