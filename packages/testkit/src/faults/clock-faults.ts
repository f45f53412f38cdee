import type { Clock } from "@keelson/core";
import type { ClockHarness } from "../clock/clock-cases.ts";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

type ClockFault = Fault<Clock, ClockHarness>;

const fault = (id: string, title: string, replace: (clock: Clock) => Partial<Clock>): ClockFault =>
  createFault<Clock, ClockHarness>(`clock/${id}`, title, { wrap: (clock) => patch(clock, replace(clock)) });

/** Clocks that are wrong. */
export const clockFaults: readonly Fault<Clock, ClockHarness>[] = [
  fault("now-is-no-number", "gives no number for the time", () => ({ now: () => Number.NaN })),
  fault("now-stands-still", "gives the time of its making", (clock) => {
    const now = clock.now();
    return { now: () => now };
  }),
  fault("monotonic-in-seconds", "counts seconds for milliseconds", (clock) => ({
    monotonic: () => clock.monotonic() / 1000,
  })),
  fault("monotonic-goes-back", "goes back now and then", (clock) => {
    let readings = 0;
    return { monotonic: () => clock.monotonic() - (++readings % 100 === 0 ? 10 : 0) };
  }),
  fault("sleeps-too-short", "wakes after half of the time", (clock) => ({
    sleep: (ms, options) => clock.sleep(ms / 2, options),
  })),
  fault("rejects-no-time", "rejects a sleep of no time", (clock) => ({
    sleep: async (ms, options) => {
      if (ms <= 0) throw new RangeError("nothing to wait for");
      await clock.sleep(ms, options);
    },
  })),
  fault("wakes-one", "rejects a sleep of the same length as another", (clock) => {
    const lengths = new Set<number>();
    return {
      sleep: async (ms, options) => {
        if (ms > 0 && lengths.has(ms)) throw new Error("there is such a sleep");
        lengths.add(ms);
        await clock.sleep(ms, options);
      },
    };
  }),
  fault("wakes-in-order-of-starts", "wakes sleeps in the order of their starts", (clock) => {
    let last: Promise<void> = Promise.resolve();
    return {
      sleep: (ms, options) => {
        const [before, slept] = [last, clock.sleep(ms, options)];
        last = slept.then(() => before).catch(() => {});
        return slept.then(() => before);
      },
    };
  }),
  fault("ignores-the-signal", "does not look at a signal that is already aborted", (clock) => ({
    sleep: (ms, options) => (options?.signal?.aborted ? Promise.resolve() : clock.sleep(ms, options)),
  })),
  fault("wraps-the-reason", "rejects with an error of its own whose cause is signal.reason", (clock) => ({
    sleep: async (ms, options) => {
      try {
        await clock.sleep(ms, options);
      } catch (error) {
        throw new Error("the sleep was aborted", { cause: error });
      }
    },
  })),
  fault("aborts-all", "ends every sleep when one is aborted", (clock) => {
    const sleepers = new Set<(reason: unknown) => void>();
    return {
      sleep: (ms, options) =>
        new Promise<void>((resolve, reject) => {
          sleepers.add(reject);
          options?.signal?.addEventListener(
            "abort",
            () => {
              for (const wake of sleepers) wake(options.signal?.reason);
            },
            { once: true },
          );
          clock.sleep(ms, options).then(resolve, reject);
        }),
    };
  }),
  fault("leaves-listeners", "leaves a listener on the signal after each sleep", (clock) => ({
    sleep: async (ms, options) => {
      options?.signal?.addEventListener("abort", () => {});
      await clock.sleep(ms, options);
    },
  })),
];
