import type { JsonObject, StateChange } from "@keelson/core";
import { type RampControl, toJson } from "./head.ts";
import type { Keys } from "./keys.ts";
import { describeArm, type RampEnd } from "./ramp.ts";
import { armsToCompare, type RampTally, totalRequests } from "./ramp-tally.ts";

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

/** What a ramp's audit events tell. */
export function rampEvidence(ramp: RampControl, tally: RampTally): JsonObject {
  const { stage, settings, id, candidate, baseline } = ramp;
  const arms = armsToCompare(tally, stage, settings.stages);
  const exposed = totalRequests(tally, "candidate");
  return {
    ramp: id,
    stage,
    share: settings.stages[stage] as number,
    exposed,
    requests: exposed + totalRequests(tally, "baseline"),
    candidate: { ...describeArm(candidate, arms.candidate) },
    baseline: { ...describeArm(baseline, arms.baseline) },
  };
}
