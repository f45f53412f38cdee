import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import type { Awaitable, Clock } from "@keelson/core";
import type { ConformanceCase, Harness } from "../conformance/conformance-case.ts";
import { nextTurn } from "../conformance/next-turn.ts";
import { outcomeOf } from "../conformance/outcome.ts";

/** How to make the clock under test, and how to move it. */
export interface ClockHarness extends Harness<Clock> {
  /** Moves the clock forward, where it does not go by itself. Without it the cases wait for a few milliseconds. */
  advance?(clock: Clock, ms: number): Awaitable<void>;
}

/**
 * What every clock must satisfy.
 *
 * @example
 * ```ts
 * import { systemClock } from "@keelson/core";
 * import { clockCases, runConformance } from "@keelson/testkit";
 *
 * const report = await runConformance(clockCases, { create: () => systemClock });
 * console.log(report.failed); // []
 * ```
 */
export const clockCases: readonly ConformanceCase<Clock, ClockHarness>[] = [
  {
    id: "clock/now/works",
    title: "gives the time in epoch milliseconds, as a finite number",
    async run(clock) {
      const now = clock.now();
      assert.ok(Number.isFinite(now) && now >= 0, `${now} is no time`);
    },
  },
  {
    id: "clock/now/works/advances",
    title: "moves on when time passes",
    async run(clock, context) {
      const before = clock.now();
      await pass(clock, context.harness, 20);
      // Wall clocks may be set back meanwhile, so what counts is that it goes on at all.
      await context.eventually(() => assert.ok(clock.now() > before, "now stands still"));
    },
  },
  {
    id: "clock/monotonic/works",
    title: "gives milliseconds that grow by as much as time passes",
    async run(clock, context) {
      const before = clock.monotonic();
      assert.ok(Number.isFinite(before));
      await pass(clock, context.harness, 20);
      const passed = clock.monotonic() - before;
      assert.ok(passed >= 20 && passed < 60_000, `${passed} ms passed in 20 ms`);
    },
  },
  {
    id: "clock/monotonic/duplicate",
    title: "never goes back between two readings",
    async run(clock, context) {
      let last = clock.monotonic();
      for (let reading = 0; reading < 1000; reading++) {
        if (reading % 250 === 249) await pass(clock, context.harness, 1);
        const next = clock.monotonic();
        assert.ok(next >= last, "monotonic went back");
        last = next;
      }
    },
  },
  {
    id: "clock/sleep/works",
    title: "resolves once its milliseconds have passed, and not before",
    async run(clock, { harness }) {
      const start = clock.monotonic();
      let awake = false;
      const slept = clock.sleep(30).then(() => {
        awake = true;
        return clock.monotonic() - start;
      });
      if (harness.advance) {
        await harness.advance(clock, 29);
        await turns();
        assert.equal(awake, false, "sleep resolved too early");
        await harness.advance(clock, 1);
      }
      assert.ok((await slept) >= 30, "sleep resolved too early");
    },
  },
  {
    id: "clock/sleep/empty-input",
    title: "resolves in a later turn for 0 and less, without time passing",
    async run(clock) {
      for (const ms of [0, -1, -Infinity]) {
        let awake = false;
        const slept = clock.sleep(ms).then(() => {
          awake = true;
        });
        assert.equal(awake, false);
        await slept;
      }
    },
  },
  {
    id: "clock/sleep/duplicate",
    title: "wakes every one of several sleeps of the same length",
    async run(clock, { harness }) {
      const slept = Promise.all([clock.sleep(10), clock.sleep(10), clock.sleep(10)]);
      await harness.advance?.(clock, 10);
      assert.equal((await slept).length, 3);
    },
  },
  {
    id: "clock/sleep/concurrent",
    title: "wakes sleeps in the order of their ends, not of their starts",
    async run(clock, { harness }) {
      const woken: number[] = [];
      const sleeps = [60, 5, 30].map((ms) => clock.sleep(ms).then(() => woken.push(ms)));
      await harness.advance?.(clock, 60);
      await Promise.all(sleeps);
      assert.deepStrictEqual(woken, [5, 30, 60]);
    },
  },
  {
    id: "clock/sleep/already-aborted",
    title: "rejects with the signal's own reason when the signal is already aborted, however short the sleep",
    async run(clock) {
      for (const ms of [0, 5, 3_600_000]) {
        const reason = { ms };
        const outcome = await outcomeOf(() => clock.sleep(ms, { signal: AbortSignal.abort(reason) }));
        assert.ok(
          outcome.status === "rejected" && outcome.reason === reason,
          "not rejected with signal.reason itself",
        );
      }
    },
  },
  {
    id: "clock/sleep/aborted-in-flight",
    title: "rejects with the signal's own reason at once, though an hour was left",
    async run(clock) {
      const controller = new AbortController();
      const outcome = outcomeOf(() => clock.sleep(3_600_000, { signal: controller.signal }));
      await turns();
      const reason = new RangeError("the caller's own reason");
      controller.abort(reason);
      const ended = await outcome;
      assert.ok(
        ended.status === "rejected" && ended.reason === reason,
        "not rejected with signal.reason itself",
      );
    },
  },
  {
    id: "clock/sleep/aborted-in-flight/others",
    title: "ends only the sleep whose signal was aborted",
    async run(clock, { harness }) {
      const controller = new AbortController();
      const aborted = outcomeOf(() => clock.sleep(10, { signal: controller.signal }));
      const other = clock.sleep(10);
      controller.abort();
      assert.equal((await aborted).status, "rejected");
      await harness.advance?.(clock, 10);
      await other;
    },
  },
  {
    id: "clock/sleep/leaves-nothing",
    title: "leaves no timer behind after an abort, and no listener on the signal after its end",
    async run(clock, { harness }) {
      const controller = new AbortController();
      const finished = clock.sleep(1, { signal: controller.signal });
      await harness.advance?.(clock, 1);
      await finished;
      assert.equal(
        getEventListeners(controller.signal, "abort").length,
        0,
        "a listener was left on the signal",
      );

      const before = timers();
      const outcome = outcomeOf(() => clock.sleep(3_600_000, { signal: controller.signal }));
      controller.abort();
      // No turn in between: what is there now that was not before is the sleep's.
      assert.ok(timers() <= before, "a timer was left behind");
      await outcome;
    },
  },
];

async function pass(clock: Clock, harness: ClockHarness, ms: number): Promise<void> {
  if (harness.advance) await harness.advance(clock, ms);
  else await clock.sleep(ms);
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}
