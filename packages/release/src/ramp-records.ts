import type { Json, JsonObject, StateChange } from "@keelson/core";
import { type RampControl, toJson } from "./head.ts";
import type { Keys } from "./keys.ts";
import { describeArm, type RampEnd } from "./ramp.ts";
import type { RampJudges } from "./ramp-judges.ts";
import type { RampTally, StageTally } from "./ramp-tally.ts";

/** The record of how a ramp ended. */
export function endOfRamp(
  keys: Keys,
  ramp: RampControl,
  state: RampEnd["state"],
  reason: string,
): StateChange {
  const end: RampEnd = { state, stage: ramp.stage, reason };
  return { key: keys.end(ramp.id), value: toJson(end) };
}

/** What a ramp's audit events tell: figures of the stage, and where its judges are known what they say. */
export function rampEvidence(ramp: RampControl, tally: RampTally, judges?: RampJudges): JsonObject {
  const { stage, settings, id, candidate, baseline } = ramp;
  const arms = tally.stages[stage] as StageTally;
  return {
    ramp: id,
    stage,
    share: settings.stages[stage]?.share ?? 0,
    exposed: tally.exposed,
    requests: tally.requests,
    pairs: tally.pairs,
    candidate: { ...describeArm(candidate, arms.candidate) },
    baseline: { ...describeArm(baseline, arms.baseline) },
    ...(judges && { gate: gateEvidence(ramp, tally, judges), guards: guardEvidence(tally, judges) }),
  };
}

function gateEvidence({ stage }: RampControl, tally: RampTally, judges: RampJudges): JsonObject {
  const gate = judges.stages[stage] as RampJudges["stages"][number];
  const evidence = gate.evidence?.(tally.gates[gate.id] as Json) ?? {};
  return { id: gate.id, ...(toJson(evidence) as JsonObject) };
}

function guardEvidence(tally: RampTally, { guards }: RampJudges): Json[] {
  return guards
    .reports(tally.guards)
    .map(({ id, eValue, breached, alpha }) => ({ id, eValue, breached, alpha }));
}
