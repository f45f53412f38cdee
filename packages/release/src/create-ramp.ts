import { createBatcher } from "./batcher.ts";
import type { Context } from "./context.ts";
import type { Counted } from "./count-observations.ts";
import type { RampControl } from "./head.ts";
import { checkObservation, observeStep } from "./observe.ts";
import type { Observation, Ramp } from "./ramp.ts";
import type { RampJudges } from "./ramp-judges.ts";
import { rampStatus } from "./ramp-status.ts";
import { approveRamp, pauseRamp, resumeRamp, steerRamp } from "./steer-ramp.ts";

const MOST_PER_COMMIT = 256;

/** A handle to a ramp that has been started. */
export function createRamp(context: Context, judges: RampJudges, started: RampControl): Ramp {
  const { keys, journal, routing } = context;
  const { id, candidate, baseline } = started;

  const observeNow = (batch: readonly Observation[]): Promise<Counted[]> =>
    journal.transact(
      [keys.tally(id), ...batch.map((observation) => keys.seen(id, observation.id))],
      (snapshot) => observeStep(context, judges, id, batch, snapshot),
      // Another worker's observations landed in between; these still have to.
      { attempts: Number.POSITIVE_INFINITY },
    );
  const observeAll = createBatcher<Observation, Counted>(MOST_PER_COMMIT, observeNow);
  const status: Ramp["status"] = async (options = {}) => rampStatus(context, judges, started, options);

  return {
    id,
    candidate,
    baseline,
    assign: routing.assign,
    shadow: routing.shadow,

    async observe(observations, { signal } = {}) {
      signal?.throwIfAborted();
      const given = "id" in observations ? [observations] : observations;
      for (const observation of given) checkObservation(observation);
      const counts = { counted: 0, completed: 0, duplicates: 0, ignored: 0 };
      const outcomes = given.length === 0 ? await observeNow([]) : await observeAll(given, signal);
      for (const outcome of outcomes) counts[outcome]++;
      return counts;
    },

    status,

    async pause(options = {}) {
      await steerRamp(context, judges, started, pauseRamp(options), options);
      return status(options);
    },

    async resume(options = {}) {
      await steerRamp(context, judges, started, resumeRamp(), options);
      return status(options);
    },

    async approve(options) {
      await steerRamp(context, judges, started, approveRamp(options), options);
      return status(options);
    },
  };
}
