import { assertId, type StateChange } from "@keelson/core";
import type { AuditEventFacts } from "./audit-event.ts";
import { changeTraffic, type TrafficChange } from "./change-traffic.ts";
import { checkAmount, checkShare } from "./check-argument.ts";
import type { Context } from "./context.ts";
import { fromJson, type RampControl, toJson } from "./head.ts";
import type { Snapshot, Step } from "./journal.ts";
import { judgeStage } from "./judge-stage.ts";
import { murmur3 } from "./murmur3.ts";
import type { Observation, RampStatus } from "./ramp.ts";
import { endOfRamp, rampEvidence } from "./ramp-records.ts";
import { addToTally, armsToCompare, type RampTally } from "./ramp-tally.ts";
import { thresholdOf } from "./routing.ts";

/** What became of one observation. */
export type Outcome = "counted" | "duplicates" | "ignored";

/** Refuses an observation whose figures can't be. */
export function checkObservation({ id, score, latencyMs = 0, costUsd = 0 }: Observation): void {
  assertId(id);
  if (score !== undefined && score !== null) checkShare("score", score);
  checkAmount("latencyMs", latencyMs);
  checkAmount("costUsd", costUsd);
}

/**
 * Counts observations one by one and draws the consequences of each before the next, so that it makes no difference
 * how they are batched.
 *
 * @param snapshot The entries are the ramp's tally and, one an observation, what stands where its id was seen.
 */
export async function observeStep(
  context: Context,
  rampId: string,
  batch: readonly Observation[],
  { head, entries: [stored, ...seen] }: Snapshot,
): Promise<Step<Outcome[]>> {
  const { keys } = context;
  const nowMs = context.clock.now();
  if (head.ramp?.id !== rampId || stored === undefined) return { result: batch.map(() => "ignored") };

  let ramp: RampControl | null = head.ramp;
  let tally = fromJson<RampTally>(stored.value);
  let change: TrafficChange | undefined;
  const changes: StateChange[] = [];
  const events: AuditEventFacts[] = [];
  const counted = new Set<string>();

  const result = batch.map((observation, i): Outcome => {
    const { id, release } = observation;
    if (seen[i] !== undefined || counted.has(id)) return "duplicates";
    if (ramp === null || (release !== ramp.candidate && release !== ramp.baseline)) return "ignored";

    counted.add(id);
    changes.push({ key: keys.seen(rampId, id), value: true, expect: "absent" });
    tally = addToTally(tally, ramp.stage, release === ramp.candidate ? "candidate" : "baseline", observation);
    if (isMisrouted(ramp, observation)) tally = { ...tally, misrouted: tally.misrouted + 1 };

    const judgement = judgeStage(
      armsToCompare(tally, ramp.stage, ramp.settings.stages),
      ramp.settings.breach,
    );
    const about = { release: ramp.candidate, previous: ramp.baseline };
    if (judgement.kind === "breach") {
      const { reason } = judgement;
      events.push({ type: "rampBreached", ...about, why: reason, evidence: rampEvidence(ramp, tally) });
      changes.push(endOfRamp(keys, ramp, "rolledBack", reason));
      change = { ramp: null };
      ramp = null;
    } else if (stageWaitsFor(ramp, tally, nowMs) === undefined) {
      const evidence = rampEvidence(ramp, tally);
      if (ramp.stage === ramp.settings.stages.length - 1) {
        const reason = "the last stage has ended";
        events.push({ type: "promoted", ...about, why: reason, evidence });
        changes.push(endOfRamp(keys, ramp, "promoted", reason));
        change = { live: ramp.candidate, ramp: null, undone: false };
        ramp = null;
      } else {
        ramp = { ...ramp, stage: ramp.stage + 1, stageEndsAtMs: nowMs + ramp.settings.minStageMs };
        const share = ramp.settings.stages[ramp.stage] as number;
        events.push({ type: "rampAdvanced", ...about, why: `on to a share of ${share}`, evidence });
      }
    }
    return "counted";
  });

  if (counted.size > 0) {
    changes.push({ key: keys.tally(rampId), value: toJson(tally), expect: stored.revision });
  }
  if (change === undefined) return { result, head: { ramp }, events, changes };
  const ended = await changeTraffic(context, head, change, {});
  return { result, head: ended.head, events, changes: [...changes, ...ended.changes] };
}

/** What the current stage still waits for. */
export function stageWaitsFor(
  { stage, settings, stageEndsAtMs }: RampControl,
  tally: RampTally,
  nowMs: number,
): RampStatus["waitingFor"] {
  const arms = armsToCompare(tally, stage, settings.stages);
  if (arms.candidate.requests < settings.minRequests) return "requests";
  if (judgeStage(arms, settings.breach).kind !== "clear") return "evidence";
  return nowMs < stageEndsAtMs ? "time" : undefined;
}

// Shares only grow, so a key outside the share of today was outside it when the request was assigned.
function isMisrouted(
  { candidate, seed, stage, settings }: RampControl,
  { key, release }: Observation,
): boolean {
  if (key === undefined || release !== candidate) return false;
  return murmur3(key, seed) >= thresholdOf(settings.stages[stage] ?? 0);
}
