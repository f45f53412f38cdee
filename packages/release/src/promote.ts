import { type AbortOptions, KeelsonError, type StateChange } from "@keelson/core";
import type { AuditEventFacts } from "./audit-event.ts";
import { changeTraffic } from "./change-traffic.ts";
import type { Context } from "./context.ts";
import { fromJson } from "./head.ts";
import { conflict } from "./journal.ts";
import { endOfRamp, rampEvidence } from "./ramp-records.ts";
import type { RampTally } from "./ramp-tally.ts";
import { notFound } from "./releases.ts";

/** What {@link ReleaseManager.promote} takes. */
export interface PromoteOptions extends AbortOptions {
  /** Who decides, for the audit log. */
  readonly by?: string | undefined;
  /** Why, for the audit log. */
  readonly why?: string | undefined;
  /** Promote only if this release is live. */
  readonly expect?: string | undefined;
}

/** What {@link ReleaseManager.rollback} takes. */
export interface RollbackOptions extends AbortOptions {
  /** Who decides, for the audit log. */
  readonly by?: string | undefined;
  /** Why, for the audit log. */
  readonly why?: string | undefined;
  /** Go to this release, which must have been live before. Default: {@link ReleaseManager.rollbackTarget}. */
  readonly to?: string | undefined;
}

/** What became of the traffic. */
export interface MoveResult {
  /** Did this call move it? `false` where it was there already. */
  readonly moved: boolean;
  /** The release that is live now. */
  readonly live: string;
  /** The release that traffic was taken from, where any was. */
  readonly from?: string | undefined;
}

/** What else a promotion stands on. */
export interface PromoteBasis {
  /** The count of moves that the decision was made at. Default: as found when the call begins. */
  readonly moves?: number | undefined;
  /** Figures for the audit log. */
  readonly evidence?: AuditEventFacts["evidence"];
}

export function promote(
  context: Context,
  name: string,
  { by, why, expect, signal }: PromoteOptions,
  basis: PromoteBasis = {},
): Promise<MoveResult> {
  const { keys, journal, state } = context;
  let moves = basis.moves;
  return journal.transact<MoveResult>(
    [keys.release(name)],
    async ({ head, entries: [release] }) => {
      if (release === undefined) throw notFound(name);
      if (head.live === name && expect === undefined) return { result: { moved: false, live: name } };
      moves ??= head.moves;
      // A rollback, or another promotion, came between: what was decided was decided about something else.
      if (head.moves !== moves) throw conflict(1);
      if (expect !== undefined && head.live !== expect) throw stateInvalid(expect, "not live", "live");
      if (head.live === name) return { result: { moved: false, live: name } };

      const changes: StateChange[] = [];
      let { evidence } = basis;
      if (head.ramp !== null) {
        if (head.ramp.candidate !== name) {
          throw stateInvalid(head.ramp.candidate, "ramping", "no ramp under way, or a rollback of it first");
        }
        const [tally] = await state.get([keys.tally(head.ramp.id)], { signal });
        if (tally) {
          evidence ??= rampEvidence(head.ramp, fromJson<RampTally>(tally.value));
          changes.push({ key: tally.key, expect: tally.revision });
        }
        changes.push(endOfRamp(keys, head.ramp, "promoted", why ?? "promoted by hand"));
      }
      const change = { live: name, ramp: null, undone: false };
      const promotion = await changeTraffic(context, head, change, { signal });
      const previous = head.live ?? undefined;
      return {
        result: { moved: true, live: name, from: previous },
        head: promotion.head,
        events: [{ type: "promoted", release: name, previous, by, why, evidence }],
        changes: [...changes, ...promotion.changes],
      };
    },
    { signal },
  );
}

/** The release is not in the state that the call needs. */
export function stateInvalid(
  release: string,
  state: string,
  needed: string,
): KeelsonError<"RELEASE_STATE_INVALID"> {
  return new KeelsonError("RELEASE_STATE_INVALID", `${release} is ${state}, needed: ${needed}`, {
    details: { release, state, needed },
  });
}

/** Nothing is live. */
export function notLive(manager: string): KeelsonError<"RELEASE_NOT_LIVE"> {
  return new KeelsonError("RELEASE_NOT_LIVE", "no release is live", { details: { manager } });
}
