import assert from "node:assert/strict";
import type { Awaitable } from "@keelson/core";
import type { ConformanceCase } from "./conformance-case.ts";
import { nextTurn } from "./next-turn.ts";
import { outcomeOf } from "./outcome.ts";

/** How to put one method to the test of an abort. */
export interface AbortProbe<S, P = unknown> {
  readonly method: string;
  /** Does the subject have the method? Default: it does. */
  when?(subject: S): Awaitable<boolean>;
  /** Brings the subject into the state the call needs. What it answers is passed on. */
  prepare?(subject: S): Awaitable<P>;
  /** Makes the call. */
  call(subject: S, signal: AbortSignal, prepared: P): Awaitable<unknown>;
  /** Fails when the call has had an effect. For methods that only read there is none to look for. */
  untouched?(subject: S, prepared: P): Awaitable<void>;
  /** Fails when the call has left anything but its whole effect or, where `done` is false, what may remain of it. */
  settled?(subject: S, done: boolean, prepared: P): Awaitable<void>;
  /** Fails when an answer given in spite of the abort is not the right one. */
  answer?(value: unknown, prepared: P): void;
}

// How many turns the call may run before it is aborted. 12 microtasks, then a turn of the event loop.
const TURNS = [0, 1, 2, 3, 5, 8, 12, Number.POSITIVE_INFINITY];

/**
 * Two cases a method, for plug-ins as the SDK calls them: it never calls one with a signal that is already aborted,
 * so a method that answers at once need not look at it. One that answers with a promise must.
 */
export function abortCases<S, P>(suite: string, probes: readonly AbortProbe<S, P>[]): ConformanceCase<S>[] {
  return probes.flatMap((probe) => [
    {
      id: `${suite}/${probe.method}/already-aborted`,
      title:
        "rejects with the signal's own reason, before any side effect, when the signal is already aborted",
      when: (subject) => probe.when?.(subject) ?? true,
      run: (subject) => alreadyAborted(subject, probe, { mayAnswerAtOnce: true }),
    },
    {
      id: `${suite}/${probe.method}/aborted-in-flight`,
      title: "rejects with the signal's own reason when aborted in flight, or finishes whole",
      when: (subject) => probe.when?.(subject) ?? true,
      run: (subject) => abortedInFlight(subject, probe),
    },
  ]);
}

/** One case a method, for what users call themselves: an aborted signal is refused however the method answers. */
export function strictAbortCases<S, P>(
  suite: string,
  probes: readonly AbortProbe<S, P>[],
): ConformanceCase<S>[] {
  return probes.map((probe) => ({
    id: `${suite}/${probe.method}/already-aborted/strict`,
    title: "looks at the signal before anything else, however it answers",
    when: (subject) => probe.when?.(subject) ?? true,
    run: (subject) => alreadyAborted(subject, probe, { mayAnswerAtOnce: false }),
  }));
}

async function alreadyAborted<S, P>(
  subject: S,
  probe: AbortProbe<S, P>,
  { mayAnswerAtOnce }: { mayAnswerAtOnce: boolean },
): Promise<void> {
  const prepared = (await probe.prepare?.(subject)) as P;
  for (const reason of abortReasons()) {
    const signal = AbortSignal.abort(reason);
    const outcome = await outcomeOf(() => probe.call(subject, signal, prepared));
    if (outcome.status === "answered") {
      assert.ok(
        mayAnswerAtOnce && outcome.atOnce,
        "the call succeeded although its signal was aborted before it",
      );
      return;
    }
    assert.equal(outcome.reason, reason, "the call rejected with something else than signal.reason itself");
    await probe.untouched?.(subject, prepared);
  }
}

async function abortedInFlight<S, P>(subject: S, probe: AbortProbe<S, P>): Promise<void> {
  const prepared = (await probe.prepare?.(subject)) as P;
  for (const turns of TURNS) {
    for (const reason of abortReasons()) {
      const controller = new AbortController();
      const outcome = outcomeOf(() => probe.call(subject, controller.signal, prepared));
      // Not even an await before the first: it would give the call a turn.
      if (turns > 0) await pass(turns);
      controller.abort(reason);
      const ended = await outcome;
      if (ended.status === "answered") probe.answer?.(ended.value, prepared);
      else
        assert.equal(ended.reason, reason, "the call rejected with something else than signal.reason itself");
      await probe.settled?.(subject, ended.status === "answered", prepared);
    }
  }
}

// An error of a foreign class and a value that is no error: neither survives wrapping.
function abortReasons(): unknown[] {
  return [new RangeError("the caller's own reason"), Object.freeze({ the: "caller's own reason" })];
}

async function pass(turns: number): Promise<void> {
  if (turns === Number.POSITIVE_INFINITY) return nextTurn();
  for (let turn = 0; turn < turns; turn++) await undefined;
}
