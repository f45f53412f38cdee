import type { Json, StateChange } from "@keelson/core";
import type { AuditEventFacts } from "./audit-event.ts";
import { contentHash } from "./bundle-id.ts";
import type { TrafficChange } from "./change-traffic.ts";
import { isFrozen } from "./freeze.ts";
import type { GateDecision } from "./gate.ts";
import { type RampControl, toJson } from "./head.ts";
import type { Keys } from "./keys.ts";
import type { RampStatus } from "./ramp.ts";
import type { RampJudges } from "./ramp-judges.ts";
import type { StageSettings } from "./ramp-plan.ts";
import { endOfRamp, rampEvidence } from "./ramp-records.ts";
import type { RampTally, StageTally } from "./ramp-tally.ts";

/** What follows from a ramp's evidence, to be committed. */
export interface Settlement {
  /** The ramp from now on; `null` when it has ended. */
  readonly ramp: RampControl | null;
  /** What becomes other for the traffic when it has ended. */
  readonly change?: TrafficChange | undefined;
  readonly events: readonly AuditEventFacts[];
  readonly changes: readonly StateChange[];
}

/** Draws the consequences of the evidence: a breach first, then a halt, then the end of the stage. */
export function settleRamp(
  keys: Keys,
  before: RampControl,
  tally: RampTally,
  judges: RampJudges,
  nowMs: number,
): Settlement {
  let ramp = before;
  const events: AuditEventFacts[] = [];
  const tell = (type: AuditEventFacts["type"], why: string): void => {
    const evidence = rampEvidence(ramp, tally, judges);
    events.push({ type, release: ramp.candidate, previous: ramp.baseline, why, evidence });
  };
  const end = (state: "promoted" | "rolledBack", why: string): Settlement => {
    tell(state === "promoted" ? "promoted" : "rampBreached", why);
    const change =
      state === "promoted" ? { live: ramp.candidate, ramp: null, undone: false } : { ramp: null };
    return { ramp: null, change, events, changes: [endOfRamp(keys, ramp, state, why)] };
  };

  const breaches = judges.guards.reports(tally.guards).filter(({ breached }) => breached);
  const breach = breaches.find(({ onBreach }) => onBreach === "rollback");
  if (breach !== undefined) return end("rolledBack", `${breach.id}: ${breach.summary}`);
  const decision = decideStage(ramp, tally, judges, nowMs);
  if (decision?.verdict === "rollback") return end("rolledBack", decision.reason);

  const halt = breaches.find(({ id }) => !ramp.waived.includes(id));
  if (halt !== undefined && ramp.paused === null) {
    const why = `${halt.id}: ${halt.summary}`;
    ramp = { ...ramp, paused: { why, guard: halt.id } };
    tell("rampPaused", why);
  }

  const waits = stageWaitsFor(ramp, tally, judges, nowMs);
  const isReady = waits === undefined || waits === "approval" || waits === "freeze";
  const needsApproval = stageOf(ramp).approvals > 0;
  if (needsApproval && isReady && ramp.ready === null) {
    // What is approved is this evidence for this bundle, and what comes after it as long as it stays sufficient.
    const evidence = contentHash({ ramp: ramp.id, stage: ramp.stage, tally: toJson(tally) });
    ramp = { ...ramp, ready: { evidence, approvals: [] } };
    tell("rampReady", "waits for approval");
  } else if (ramp.ready !== null && waits === "evidence") {
    tell("rampUnready", "the evidence does not suffice any more; approvals are void");
    ramp = { ...ramp, ready: null };
  }

  if (waits === undefined) {
    if (ramp.stage === ramp.settings.stages.length - 1) return end("promoted", "the last stage has ended");
    const stage = ramp.stage + 1;
    const next = ramp.settings.stages[stage] as StageSettings;
    tell("rampAdvanced", `on to a share of ${next.share}`);
    ramp = { ...ramp, stage, stageEndsAtMs: nowMs + next.minStageMs, ready: null };
  }
  const spent = overBudget(ramp, tally);
  if (spent !== undefined) return end("rolledBack", spent);
  return { ramp, events, changes: [] };
}

/** What the current stage still waits for; `undefined` when it has ended. */
export function stageWaitsFor(
  ramp: RampControl,
  tally: RampTally,
  judges: RampJudges,
  nowMs: number,
): RampStatus["waitingFor"] {
  const { minRequests, approvals } = stageOf(ramp);
  if (ramp.paused !== null) return "resume";
  if (candidateRequests(ramp, tally) < minRequests) return "requests";
  if (nowMs < ramp.stageEndsAtMs) return "time";
  if (decideStage(ramp, tally, judges, nowMs)?.verdict !== "promote") return "evidence";
  if ((ramp.ready?.approvals.length ?? 0) < approvals) return "approval";
  return isFrozen(ramp.settings.freeze, nowMs) ? "freeze" : undefined;
}

function decideStage(
  ramp: RampControl,
  tally: RampTally,
  judges: RampJudges,
  nowMs: number,
): GateDecision | undefined {
  const gate = judges.stages[ramp.stage] as RampJudges["stages"][number];
  const done = candidateRequests(ramp, tally) >= stageOf(ramp).minRequests && nowMs >= ramp.stageEndsAtMs;
  const { comparisons: cases, pairs: scored } = tally;
  return gate.decide(tally.gates[gate.id] as Json, { done, cases, scored });
}

function overBudget({ settings }: RampControl, tally: RampTally): string | undefined {
  const { maxExposed, maxCostUsd } = settings;
  if (maxExposed !== null && tally.exposed >= maxExposed) {
    return `the budget of ${maxExposed} exposed requests is used up`;
  }
  const costUsd = tally.stages.reduce((sum, { candidate }) => sum + candidate.costSumUsd, 0);
  if (maxCostUsd !== null && costUsd >= maxCostUsd)
    return `the budget of ${maxCostUsd} US dollars is used up`;
  return undefined;
}

function stageOf({ settings, stage }: RampControl): StageSettings {
  return settings.stages[stage] as StageSettings;
}

function candidateRequests({ stage }: RampControl, tally: RampTally): number {
  return (tally.stages[stage] as StageTally).candidate.requests;
}
