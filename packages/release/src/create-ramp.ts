import { createBatcher } from "./batcher.ts";
import type { Context } from "./context.ts";
import { fromJson, type RampControl } from "./head.ts";
import { checkObservation, type Outcome, observeStep, stageWaitsFor } from "./observe.ts";
import { describeArm, type Observation, type Ramp, type RampEnd } from "./ramp.ts";
import { armsToCompare, emptyTally, type RampTally, totalRequests } from "./ramp-tally.ts";

const MOST_PER_COMMIT = 256;

/** A handle to a ramp that has been started. */
export function createRamp(context: Context, started: RampControl): Ramp {
  const { keys, journal, routing, clock } = context;
  const { id, candidate, baseline, settings } = started;

  const observeAll = createBatcher<Observation, Outcome>(MOST_PER_COMMIT, (batch) =>
    journal.transact(
      [keys.tally(id), ...batch.map((observation) => keys.seen(id, observation.id))],
      (snapshot) => observeStep(context, id, batch, snapshot),
      // Another worker's observations landed in between; these still have to.
      { attempts: Number.POSITIVE_INFINITY },
    ),
  );

  return {
    id,
    candidate,
    baseline,
    assign: routing.assign,

    async observe(observations, { signal } = {}) {
      signal?.throwIfAborted();
      const given = "id" in observations ? [observations] : observations;
      for (const observation of given) checkObservation(observation);
      const counts = { counted: 0, duplicates: 0, ignored: 0 };
      if (given.length === 0) return counts;
      for (const outcome of await observeAll(given, signal)) counts[outcome]++;
      return counts;
    },

    async status({ signal } = {}) {
      const { head, entries } = await journal.read([keys.tally(id), keys.end(id)], { signal });
      const [stored, ended] = entries;
      const tally = stored ? fromJson<RampTally>(stored.value) : emptyTally(settings.stages.length);
      const running = head.ramp?.id === id ? head.ramp : undefined;
      const end = ended && fromJson<RampEnd>(ended.value);
      const stage = running?.stage ?? end?.stage ?? 0;
      const state = running ? "running" : (end?.state ?? "rolledBack");
      const arms = armsToCompare(tally, stage, settings.stages);
      const exposed = totalRequests(tally, "candidate");
      const requests = exposed + totalRequests(tally, "baseline");
      return {
        id,
        state,
        reason: end?.reason,
        stage,
        stages: settings.stages,
        share: running ? (settings.stages[stage] as number) : state === "promoted" ? 1 : 0,
        exposed,
        requests,
        exposedShare: requests === 0 ? 0 : exposed / requests,
        waitingFor: running && stageWaitsFor(running, tally, clock.now()),
        candidate: describeArm(candidate, arms.candidate),
        baseline: describeArm(baseline, arms.baseline),
        misrouted: tally.misrouted,
      };
    },
  };
}
