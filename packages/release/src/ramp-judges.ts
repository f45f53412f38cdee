import { argumentInvalid } from "@keelson/core";
import { errorGuard, missingGuard } from "./answer-guards.ts";
import type { Gate } from "./gate.ts";
import type { Guard } from "./guard.ts";
import { createGuardSet, type GuardSet } from "./guard-set.ts";
import type { RampPlan, RampSettings } from "./ramp-plan.ts";
import { sampleRatioGuard } from "./sample-ratio-guard.ts";
import { sequential } from "./sequential.ts";

/** Gates and guards that a ramp was started with, for a worker that takes it up. */
export interface RampJudgeOptions {
  /** The gates of its stages, where the plan came with any. */
  // biome-ignore lint/suspicious/noExplicitAny: a gate's state is its own affair
  readonly gates?: readonly Gate<any>[] | undefined;
  /** Its guards, where the plan came with any. */
  // biome-ignore lint/suspicious/noExplicitAny: a guard's state is its own affair
  readonly guards?: readonly Guard<any>[] | undefined;
}

/** What judges a ramp, in the process that has it at hand. */
export interface RampJudges {
  /** The gate of each stage. */
  readonly stages: readonly Gate[];
  /** The same, each of them once: all see all of the evidence. */
  readonly gates: readonly Gate[];
  readonly guards: GuardSet;
}

/** The guards of a plan. */
export function guardsOf({ guards = usualGuards(), guardAlpha = 0.05 }: RampPlan): GuardSet {
  return createGuardSet(guards, guardAlpha);
}

/** The gates that a plan came with. */
export function gatesOf({ stages = [] }: RampPlan): Gate[] {
  return stages.flatMap((stage) => (typeof stage === "number" ? [] : (stage.gate ?? [])));
}

/**
 * Finds what judges a stored ramp.
 *
 * @throws KeelsonError ARGUMENT_INVALID when it was started with gates or guards that are not the ones given.
 */
export function rampJudges(settings: RampSettings, given: RampJudgeOptions): RampJudges {
  const gates = new Map<string, Gate>();
  const stages = settings.stages.map(({ margin, gate: id }): Gate => {
    const gate = margin === null ? given.gates?.find((other) => other.id === id) : sequential({ margin });
    if (gate === undefined)
      throw argumentInvalid("gates", `lack ${String(id)}, which the ramp was started with`);
    const known = gates.get(gate.id) ?? gate;
    gates.set(known.id, known);
    return known;
  });
  const guards = guardsOf({ guards: given.guards, guardAlpha: settings.guardAlpha });
  if (guards.id !== settings.guards) {
    throw argumentInvalid("guards", `are ${guards.id}, but the ramp was started with ${settings.guards}`);
  }
  return { stages, gates: [...gates.values()], guards };
}

function usualGuards(): readonly Guard[] {
  return [errorGuard(), missingGuard(), sampleRatioGuard()] as readonly Guard[];
}
