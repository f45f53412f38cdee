import { type AbortOptions, type StateChange, scanState } from "@keelson/core";
import { canonicalJson } from "./bundle-id.ts";
import { changeTraffic } from "./change-traffic.ts";
import type { Context } from "./context.ts";
import { isFrozen } from "./freeze.ts";
import { type RampControl, toJson } from "./head.ts";
import { conflict } from "./journal.ts";
import { padSequence } from "./keys.ts";
import { notLive, stateInvalid } from "./promote.ts";
import type { RampOptions } from "./ramp.ts";
import { gatesOf, guardsOf, type RampJudges, rampJudges } from "./ramp-judges.ts";
import { rampSettings, type StageSettings } from "./ramp-plan.ts";
import { rampEvidence } from "./ramp-records.ts";
import { emptyTally } from "./ramp-tally.ts";
import { notFound } from "./releases.ts";
import { seedOf } from "./routing.ts";

const SWEEP_PAGE = 500;

/** Starts a ramp, or joins the one that is under way with the same candidate and plan. */
export async function startRamp(
  context: Context,
  candidate: string,
  options: RampOptions,
): Promise<{ ramp: RampControl; judges: RampJudges }> {
  const { name, keys, journal, releases, clock } = context;
  const { by, why, signal } = options;
  const settings = rampSettings(options, guardsOf(options).id);
  const judges = rampJudges(settings, { gates: gatesOf(options), guards: options.guards });
  const first = await journal.read([], { signal });
  if (first.head.ramp === null) await sweepSeen(context, first.head.audit.sequence, { signal });

  const ramp = await journal.transact<RampControl>(
    [keys.release(candidate)],
    async ({ head, entries: [entry] }) => {
      if (entry === undefined) throw notFound(candidate);
      if (head.live === null) throw notLive(name);
      if (head.ramp !== null) {
        const same =
          head.ramp.candidate === candidate &&
          canonicalJson(toJson(head.ramp.settings)) === canonicalJson(toJson(settings));
        if (same) return { result: head.ramp };
        throw stateInvalid(head.ramp.candidate, "ramping", "no ramp under way, or one of the same plan");
      }
      if (head.live === candidate) throw stateInvalid(candidate, "live", "not live");
      if (head.moves !== first.head.moves) throw conflict(1);
      const stage = settings.stages[0] as StageSettings;
      const nowMs = clock.now();
      if (stage.share > 0 && isFrozen(settings.freeze, nowMs)) {
        throw stateInvalid(candidate, "frozen", "no freeze window open");
      }

      const ramp: RampControl = {
        id: padSequence(head.audit.sequence + 1),
        candidate,
        baseline: head.live,
        seed: seedOf(releases.read(entry).bundleId),
        stage: 0,
        stageEndsAtMs: nowMs + stage.minStageMs,
        paused: null,
        ready: null,
        waived: [],
        settings,
      };
      const tally = emptyTally(settings, judges);
      const start = await changeTraffic(context, head, { ramp }, { signal });
      return {
        result: ramp,
        head: start.head,
        events: [
          {
            type: "rampStarted",
            release: candidate,
            previous: head.live,
            by,
            why,
            evidence: rampEvidence(ramp, tally, judges),
          },
        ],
        changes: [{ key: keys.tally(ramp.id), value: toJson(tally), expect: "absent" }, ...start.changes],
      };
    },
    { signal },
  );
  return { ramp, judges };
}

/**
 * Deletes what earlier ramps remembered of observed ids, which nothing reads any more. A ramp that starts meanwhile
 * has a later id, and is left alone.
 */
async function sweepSeen(
  { state, keys }: Context,
  sequence: number,
  { signal }: AbortOptions,
): Promise<void> {
  const firstToKeep = keys.seenOf(padSequence(sequence + 1));
  let deletes: StateChange[] = [];
  for await (const { key } of scanState(state, { prefix: keys.seenAll, limit: SWEEP_PAGE, signal })) {
    if (key >= firstToKeep) break;
    deletes.push({ key, delete: true });
    if (deletes.length < SWEEP_PAGE) continue;
    await state.commit(deletes, { signal });
    deletes = [];
  }
  if (deletes.length > 0) await state.commit(deletes, { signal });
}
