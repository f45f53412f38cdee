import { describe, expect, it } from "vitest";
import { type Clock, withTimeout } from "../src/index.ts";

const late = new Error("too late");

/** A clock whose one sleep ends when it is rung, or aborted. */
function createAlarm() {
  let wake: (() => void) | undefined;
  const sleep: Clock["sleep"] = (ms, options) =>
    new Promise((resolve, reject) => {
      expect(ms).toBe(100);
      wake = resolve;
      options?.signal?.addEventListener("abort", () => {
        wake = undefined;
        reject(options.signal?.reason);
      });
    });
  const clock: Clock = { now: () => 0, monotonic: () => 0, sleep };
  return { clock, ring: () => wake?.(), isSet: () => wake !== undefined };
}

function start<T>(work: (ended: AbortSignal) => Promise<T>, signal?: AbortSignal) {
  const alarm = createAlarm();
  const options = { timeoutMs: 100, clock: alarm.clock, signal, onTimeout: () => late };
  return { alarm, result: withTimeout(work, options) };
}

describe("withTimeout", () => {
  it("gives what the work comes to, and stops its timer", async () => {
    const { alarm, result } = start(() => Promise.resolve("done"));
    expect(await result).toBe("done");
    expect(alarm.isSet()).toBe(false);
    await expect(start(() => Promise.reject(new Error("broken"))).result).rejects.toThrow("broken");
  });

  it("ends work that takes too long, whether it heeds the signal or not", async () => {
    for (const heeds of [true, false]) {
      let ended: AbortSignal | undefined;
      const { alarm, result } = start((signal) => {
        ended = signal;
        return new Promise((_, reject) => {
          if (heeds) signal.addEventListener("abort", () => reject(new Error("stopped")));
        });
      });
      const outcome = expect(result).rejects.toBe(late);
      alarm.ring();
      await outcome;
      expect(ended?.reason).toBe(late);
    }
  });

  it("rejects with the caller's reason when the caller aborts", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const { alarm, result } = start(() => new Promise(() => {}), controller.signal);
    controller.abort(reason);
    await expect(result).rejects.toBe(reason);
    expect(alarm.isSet()).toBe(false);

    let called = false;
    const work = (): Promise<void> => {
      called = true;
      return Promise.resolve();
    };
    await expect(start(work, AbortSignal.abort(reason)).result).rejects.toBe(reason);
    expect(called).toBe(false);
  });
});
