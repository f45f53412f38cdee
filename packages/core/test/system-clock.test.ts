import { describe, expect, it, vi } from "vitest";
import { systemClock } from "../src/index.ts";

describe("systemClock", () => {
  it("tells epoch milliseconds and a monotonic time", () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
    const before = systemClock.monotonic();
    expect(systemClock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  it("has slept at least as long as asked", async () => {
    const before = systemClock.monotonic();
    await systemClock.sleep(3);
    expect(systemClock.monotonic() - before).toBeGreaterThanOrEqual(3);
    await systemClock.sleep(0);
    await systemClock.sleep(-5);
  });

  it("gives up a turn when it sleeps for no time, with the signal's own reason if that is aborted meanwhile", async () => {
    const order: string[] = [];
    void Promise.resolve().then(() => order.push("microtask"));
    setImmediate(() => order.push("what waits"));
    await systemClock.sleep(0);
    expect(order).toEqual(["microtask", "what waits"]);
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleeping = systemClock.sleep(0, { signal: controller.signal });
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
    await expect(systemClock.sleep(0, { signal: controller.signal })).rejects.toBe(reason);
  });

  it("rejects with the signal's own reason, before and in flight, and leaves no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const reason = new Error("enough");
      await expect(systemClock.sleep(1000, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      const sleeping = systemClock.sleep(1000, { signal: controller.signal });
      expect(vi.getTimerCount()).toBe(1);
      controller.abort(reason);
      await expect(sleeping).rejects.toBe(reason);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("sleeps longer than one timer can", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const days = 30 * 24 * 3600 * 1000;
      let awake = false;
      const sleeping = systemClock.sleep(days).then(() => {
        awake = true;
      });
      await vi.advanceTimersByTimeAsync(days - 1000);
      expect(awake).toBe(false);
      await vi.advanceTimersByTimeAsync(1000);
      await sleeping;
      expect(awake).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
