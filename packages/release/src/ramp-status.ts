import type { AbortOptions, Json } from "@keelson/core";
import type { Context } from "./context.ts";
import { fromJson, type RampControl } from "./head.ts";
import { describeArm, type RampEnd, type RampStatus } from "./ramp.ts";
import type { RampJudges } from "./ramp-judges.ts";
import { emptyTally, type RampTally, type StageTally } from "./ramp-tally.ts";
import { stageWaitsFor } from "./settle-ramp.ts";

/** How a ramp stands, also after its end. */
export async function rampStatus(
  { keys, journal, clock }: Context,
  judges: RampJudges,
  { id, candidate, baseline, settings }: RampControl,
  { signal }: AbortOptions,
): Promise<RampStatus> {
  const { head, entries } = await journal.read([keys.tally(id), keys.end(id)], { signal });
  const [stored, ended] = entries;
  const tally = stored ? fromJson<RampTally>(stored.value) : emptyTally(settings, judges);
  const running = head.ramp?.id === id ? head.ramp : undefined;
  const end = ended && fromJson<RampEnd>(ended.value);
  const stage = running?.stage ?? end?.stage ?? 0;
  const state = running ? "running" : (end?.state ?? "rolledBack");
  const arms = tally.stages[stage] as StageTally;
  const gate = judges.stages[stage] as RampJudges["stages"][number];
  const ready = running?.ready ?? undefined;
  return {
    id,
    state,
    reason: end?.reason,
    stage,
    stages: settings.stages.map(({ share }) => share),
    share: running ? (settings.stages[stage]?.share ?? 0) : state === "promoted" ? 1 : 0,
    exposed: tally.exposed,
    requests: tally.requests,
    exposedShare: tally.requests === 0 ? 0 : tally.exposed / tally.requests,
    waitingFor: running && stageWaitsFor(running, tally, judges, clock.now()),
    paused: running?.paused ?? undefined,
    approval: ready && { ...ready, needed: settings.stages[stage]?.approvals ?? 0 },
    pairs: tally.pairs,
    gate: { id: gate.id, evidence: gate.evidence?.(tally.gates[gate.id] as Json) },
    guards: judges.guards.reports(tally.guards),
    candidate: describeArm(candidate, arms.candidate),
    baseline: describeArm(baseline, arms.baseline),
    misrouted: tally.misrouted,
  };
}
