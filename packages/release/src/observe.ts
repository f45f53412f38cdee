import { argumentInvalid, assertId, type StateChange } from "@keelson/core";
import type { AuditEventFacts } from "./audit-event.ts";
import { changeTraffic, type TrafficChange } from "./change-traffic.ts";
import { checkAmount, checkError, checkShare } from "./check-argument.ts";
import type { Context } from "./context.ts";
import { type Counted, createCounter, unitsOf } from "./count-observations.ts";
import { fromJson, type RampControl, toJson } from "./head.ts";
import type { Snapshot, Step } from "./journal.ts";
import type { Observation, Outcome } from "./ramp.ts";
import type { RampJudges } from "./ramp-judges.ts";
import type { RampTally } from "./ramp-tally.ts";
import { settleRamp } from "./settle-ramp.ts";

/** Refuses an observation whose figures can't be. */
export function checkObservation({ id, key, shadow, ...live }: Observation): void {
  assertId(id);
  // Keys that are no text would all be one, and their requests one witness.
  if (key !== undefined && typeof key !== "string") throw argumentInvalid("key", "is not a string");
  checkOutcome(live);
  if (shadow !== undefined) checkOutcome(shadow);
}

/**
 * Counts observations one by one and draws the consequences of each before the next, so that it makes no difference
 * how they are batched.
 *
 * @param snapshot The entries are the ramp's tally and, one an observation, what stands where its id was seen.
 */
export async function observeStep(
  context: Context,
  judges: RampJudges,
  rampId: string,
  batch: readonly Observation[],
  { head, entries: [stored, ...seen] }: Snapshot,
): Promise<Step<Counted[]>> {
  if (head.ramp?.id !== rampId || stored === undefined) return { result: batch.map(() => "ignored") };
  const { keys, state, clock } = context;
  const nowMs = clock.now();
  // They change together with the tally only, whose revision the commit expects.
  const units = unitsOf(head.ramp, batch, seen);
  const ofUnits = units.length === 0 ? [] : await state.get(units.map((unit) => keys.unit(rampId, unit)));
  const counter = createCounter(
    keys,
    judges,
    rampId,
    new Map(batch.map(({ id }, i) => [id, seen[i]])),
    new Map(units.map((unit, i) => [unit, ofUnits[i]])),
  );

  let ramp: RampControl | null = head.ramp;
  let tally = fromJson<RampTally>(stored.value);
  let change: TrafficChange | undefined;
  const events: AuditEventFacts[] = [];
  const changes: StateChange[] = [];
  const settle = (): void => {
    if (ramp === null) return;
    const settled = settleRamp(keys, ramp, tally, judges, nowMs);
    ({ ramp, change } = settled);
    events.push(...settled.events);
    changes.push(...settled.changes);
  };

  // Before anything is counted, time may have done it.
  settle();
  const result = batch.map((observation): Counted => {
    if (ramp === null) return "ignored";
    const counted = counter.count(tally, ramp, observation);
    if (counted.tally !== tally) {
      tally = counted.tally;
      settle();
    }
    return counted.counted;
  });

  const remembered = counter.changes();
  if (remembered.length > 0) {
    changes.push(...remembered, { key: keys.tally(rampId), value: toJson(tally), expect: stored.revision });
  } else if (events.length > 0) {
    changes.push({ key: keys.tally(rampId), expect: stored.revision });
  }
  if (change === undefined) return { result, head: { ramp }, events, changes };
  const moved = await changeTraffic(context, head, change, {});
  return { result, head: moved.head, events, changes: [...changes, ...moved.changes] };
}

function checkOutcome({ score, latencyMs = 0, costUsd = 0, error }: Outcome): void {
  if (score !== undefined && score !== null) checkShare("score", score);
  checkAmount("latencyMs", latencyMs);
  checkAmount("costUsd", costUsd);
  checkError("error", error);
}
