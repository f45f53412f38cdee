import type { StateChange, StateEntry } from "@keelson/core";
import type { Sample } from "./guard.ts";
import { fromJson, type RampControl, toJson } from "./head.ts";
import type { Keys } from "./keys.ts";
import { murmur3 } from "./murmur3.ts";
import type { Observation, Outcome } from "./ramp.ts";
import type { RampJudges } from "./ramp-judges.ts";
import type { StageSettings } from "./ramp-plan.ts";
import { addOutcome, addScore, compare, compareLater, type RampTally, type Variant } from "./ramp-tally.ts";
import { stageToken, thresholdOf } from "./routing.ts";

/** What became of one observation. */
export type Counted = "counted" | "completed" | "duplicates" | "ignored";

/** What is remembered of a request: enough to take its score later. */
interface SeenRequest {
  readonly stage: number;
  readonly variant: Variant;
  /** The hash of its key. */
  readonly unit: string | null;
  readonly scored: boolean;
}

/** In which stages a key has been evidence: the latest of each kind, -1 for none; and which side it was on then. */
interface SeenUnit {
  readonly outcome: number;
  readonly score: number;
  readonly variant: Variant;
}

/** Counts observations one after the other; what it writes beside the tally is gathered in {@link changes}. */
export interface Counter {
  count(
    tally: RampTally,
    ramp: RampControl,
    observation: Observation,
  ): { readonly tally: RampTally; readonly counted: Counted };
  /** What is to be remembered of requests and keys. */
  changes(): StateChange[];
}

const NOT_SEEN: SeenUnit = { outcome: -1, score: -1, variant: "baseline" };

/** The hash that stands for a key in the store. Two keys of one hash are one witness, which only costs evidence. */
function unitOf(ramp: Pick<RampControl, "seed">, key: string): string {
  return murmur3(key, ramp.seed).toString(16).padStart(8, "0");
}

/** The keys whose records must be known before the observations can be counted. */
export function unitsOf(
  ramp: RampControl,
  batch: readonly Observation[],
  seen: readonly (StateEntry | undefined)[],
): string[] {
  const units = batch.map(({ key }, i) => {
    const before = seen[i] && fromJson<SeenRequest>(seen[i].value);
    return before !== undefined ? before.unit : key === undefined ? null : unitOf(ramp, key);
  });
  return [...new Set(units.filter((unit) => unit !== null))];
}

/** @param seen What stands under the ids of the batch. @param units What stands under {@link unitsOf}. */
export function createCounter(
  keys: Keys,
  judges: RampJudges,
  rampId: string,
  seen: ReadonlyMap<string, StateEntry | undefined>,
  units: ReadonlyMap<string, StateEntry | undefined>,
): Counter {
  const requests = new Map<string, SeenRequest>();
  for (const [id, entry] of seen) if (entry !== undefined) requests.set(id, fromJson(entry.value));
  const witnesses = new Map<string, SeenUnit>();
  for (const [unit, entry] of units) if (entry !== undefined) witnesses.set(unit, fromJson(entry.value));
  const writes = new Map<string, StateChange>();

  const remember = (id: string, request: SeenRequest): void => {
    requests.set(id, request);
    const key = keys.seen(rampId, id);
    writes.set(key, { key, value: toJson(request), expect: seen.get(id)?.revision ?? "absent" });
  };

  /** Is the request the first of its key in its stage that tells this? */
  const isWitness = ({ stage, unit, variant }: SeenRequest, kind: "outcome" | "score"): boolean => {
    if (unit === null) return true;
    const before = witnesses.get(unit) ?? NOT_SEEN;
    if (before[kind] >= stage) return false;
    const after: SeenUnit = {
      ...before,
      [kind]: stage,
      variant: kind === "outcome" ? variant : before.variant,
    };
    witnesses.set(unit, after);
    const key = keys.unit(rampId, unit);
    writes.set(key, { key, value: toJson(after), expect: units.get(unit)?.revision ?? "absent" });
    return true;
  };

  const countScore = (
    tally: RampTally,
    ramp: RampControl,
    request: SeenRequest,
    score: number | null,
  ): RampTally => {
    const after = addScore(tally, request.stage, request.variant, score);
    if (!isWitness(request, "score")) return after;
    return compareLater(after, ramp.settings, judges, { ...request, by: "scores" }, { score });
  };

  const countShadow = (
    tally: RampTally,
    ramp: RampControl,
    request: SeenRequest,
    { shadow, ...live }: Observation,
  ): RampTally => {
    const [candidate, baseline] = [sampleOf(shadow as Outcome), sampleOf(live)];
    let after = addOutcome(tally, request.stage, "candidate", candidate);
    after = addScore(after, request.stage, "candidate", candidate.score ?? null);
    after = addScore(after, request.stage, "baseline", baseline.score ?? null);
    if (!isWitness(request, "outcome")) return after;
    return compare(after, ramp.settings, judges, { candidate: [candidate], baseline: [baseline] });
  };

  const countRequest = (
    before: RampTally,
    ramp: RampControl,
    request: SeenRequest,
    observation: Observation,
  ): RampTally => {
    const { stage, variant, unit } = request;
    const known = unit === null ? undefined : (witnesses.get(unit) ?? NOT_SEEN);
    const settings = ramp.settings.stages[stage] as StageSettings;
    const { score, ...outcome } = sampleOf(observation);
    let tally = addOutcome(before, stage, variant, outcome);
    tally = {
      ...tally,
      requests: tally.requests + 1,
      exposed: tally.exposed + (variant === "candidate" ? 1 : 0),
      misrouted: tally.misrouted + (isMisrouted(ramp, request, observation) ? 1 : 0),
    };
    if (observation.shadow !== undefined && settings.shadow > 0 && variant === "baseline") {
      return countShadow(tally, ramp, request, observation);
    }
    if (isWitness(request, "outcome")) {
      // Without its stage nobody knows by which share it was assigned.
      const share = known && observation.stage !== undefined ? shareLeft(ramp, known, settings.share) : 0;
      if (share > 0) tally = { ...tally, guards: judges.guards.assigned(tally.guards, { variant, share }) };
      tally = compareLater(tally, ramp.settings, judges, { stage, variant, by: "outcomes" }, outcome);
    }
    return score === undefined ? tally : countScore(tally, ramp, request, score);
  };

  return {
    count(tally, ramp, observation) {
      const { id, release, key, score } = observation;
      const stage = stageOf(ramp, observation);
      const before = requests.get(id);
      if (before !== undefined) {
        if (before.scored || score === undefined) return { tally, counted: "duplicates" };
        remember(id, { ...before, scored: true });
        return { tally: countScore(tally, ramp, before, score), counted: "completed" };
      }
      const isPart = stage !== undefined && (release === ramp.candidate || release === ramp.baseline);
      if (!isPart) return { tally, counted: "ignored" };
      const request: SeenRequest = {
        stage,
        variant: release === ramp.candidate ? "candidate" : "baseline",
        unit: key === undefined ? null : unitOf(ramp, key),
        scored: score !== undefined,
      };
      remember(id, request);
      return { tally: countRequest(tally, ramp, request, observation), counted: "counted" };
    },
    changes: () => [...writes.values()],
  };
}

function sampleOf({ score, latencyMs, costUsd, error }: Outcome): Sample {
  return {
    error: error !== undefined && error !== false,
    // Waiting answers are stored, and JSON has no `undefined`.
    ...(score !== undefined && { score }),
    ...(latencyMs !== undefined && { latencyMs }),
    ...(costUsd !== undefined && { costUsd }),
  };
}

/** The stage that a request was assigned in; `undefined` where that is no stage the ramp has been in. */
function stageOf({ id, stage }: RampControl, observation: Observation): number | undefined {
  if (observation.stage === undefined) return stage;
  for (let past = stage; past >= 0; past--) if (observation.stage === stageToken(id, past)) return past;
  return undefined;
}

/** The probability that a key is the candidate's now, by the side it was on; 0 where nothing is left to chance. */
function shareLeft({ settings }: RampControl, { outcome, variant }: SeenUnit, share: number): number {
  if (variant === "candidate") return 0;
  const before = settings.stages[outcome]?.share ?? 0;
  return (share - before) / (1 - before);
}

// Shares only grow, so a key outside the share of today was outside it when the request was assigned.
function isMisrouted(
  { seed, settings }: RampControl,
  { variant, stage }: SeenRequest,
  { key }: Observation,
): boolean {
  if (key === undefined || variant !== "candidate") return false;
  return murmur3(key, seed) >= thresholdOf(settings.stages[stage]?.share ?? 0);
}
