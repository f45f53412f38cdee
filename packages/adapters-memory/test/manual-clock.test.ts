import { createManualClock } from "@keelson/adapters-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("createManualClock", () => {
  it("stands still until it is moved", async () => {
    const clock = createManualClock({ nowMs: 500 });
    expect([clock.now(), clock.monotonic()]).toEqual([500, 0]);
    await clock.advance(20);
    expect([clock.now(), clock.monotonic()]).toEqual([520, 20]);
  });

  it("wakes sleepers in the order of their times, each at its own time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 20 }), async (spans) => {
        const clock = createManualClock({ nowMs: 0 });
        const woken: { span: number; at: number; place: number }[] = [];
        const sleeps = spans.map(async (span, place) => {
          await clock.sleep(span);
          woken.push({ span, at: clock.now(), place });
        });
        await clock.advance(50);
        await Promise.all(sleeps);
        expect(woken.map(({ at }) => at)).toEqual(woken.map(({ span }) => span));
        const sorted = spans.map((span, place) => ({ span, place })).sort((a, b) => a.span - b.span);
        expect(woken.map(({ place }) => place)).toEqual(sorted.map(({ place }) => place));
      }),
      { numRuns: 50 },
    );
  });

  it("does not wake a sleeper a millisecond early", async () => {
    const clock = createManualClock();
    let awake = false;
    const sleep = clock.sleep(100).then(() => {
      awake = true;
    });
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
    await sleep;
  });

  it("wakes a loop that sleeps again, however much it awaits in between", async () => {
    const clock = createManualClock({ nowMs: 0 });
    const ticks: number[] = [];
    const loop = (async () => {
      for (let i = 0; i < 5; i++) {
        for (let step = 0; step < 200; step++) await Promise.resolve();
        await clock.sleep(0);
        await clock.sleep(10);
        ticks.push(clock.now());
      }
    })();
    await clock.advance(50);
    await loop;
    expect(ticks).toEqual([10, 20, 30, 40, 50]);
  });

  it("resolves a sleep of no time by itself", async () => {
    const clock = createManualClock();
    let resolved = false;
    const sleep = clock.sleep(0).then(() => {
      resolved = true;
    });
    await Promise.resolve();
    expect(resolved).toBe(false);
    await sleep;
    await clock.sleep(-1);
    expect(clock.monotonic()).toBe(0);
  });

  it("jumps the wall clock without waking anyone or moving monotonic time", async () => {
    const clock = createManualClock({ nowMs: 1000 });
    let awake = false;
    const sleep = clock.sleep(10).then(() => {
      awake = true;
    });
    clock.setNow(5_000_000);
    await clock.advance(0);
    expect([clock.now(), clock.monotonic(), awake]).toEqual([5_000_000, 0, false]);
    clock.setNow(-7);
    await clock.advance(10);
    await sleep;
    expect([clock.now(), clock.monotonic(), awake]).toEqual([3, 10, true]);
  });

  it("rejects an aborted sleep with the reason itself and forgets the sleeper", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const reason = new Error("enough");
    const sleep = clock.sleep(10, { signal: controller.signal });
    controller.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    await expect(clock.sleep(10, { signal: controller.signal })).rejects.toBe(reason);
    await expect(clock.sleep(0, { signal: controller.signal })).rejects.toBe(reason);
    await clock.advance(10);
  });

  it("runs two advances one after the other", async () => {
    const clock = createManualClock({ nowMs: 0 });
    const seen: number[] = [];
    const loop = (async () => {
      for (let i = 0; i < 4; i++) {
        await clock.sleep(5);
        seen.push(clock.now());
      }
    })();
    await Promise.all([clock.advance(10), clock.advance(10)]);
    await loop;
    expect(seen).toEqual([5, 10, 15, 20]);
    expect(clock.now()).toBe(20);
  });

  it("refuses spans and times that are no numbers", async () => {
    const clock = createManualClock();
    const invalid = { code: "ARGUMENT_INVALID" };
    await expect(clock.advance(-1)).rejects.toMatchObject(invalid);
    await expect(clock.advance(Number.POSITIVE_INFINITY)).rejects.toMatchObject(invalid);
    await expect(clock.sleep(Number.NaN)).rejects.toMatchObject(invalid);
    expect(() => clock.setNow(Number.NaN)).toThrow(expect.objectContaining(invalid));
    expect(() => createManualClock({ nowMs: Number.NaN })).toThrow(expect.objectContaining(invalid));
  });
});
