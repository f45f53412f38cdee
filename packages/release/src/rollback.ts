import { KeelsonError, type StateChange } from "@keelson/core";
import type { AuditEventFacts } from "./audit-event.ts";
import { changeTraffic } from "./change-traffic.ts";
import type { Context } from "./context.ts";
import { fromJson, rollbackTargetOf } from "./head.ts";
import { type MoveResult, notLive, type RollbackOptions, stateInvalid } from "./promote.ts";
import { endOfRamp, rampEvidence } from "./ramp-records.ts";
import type { RampTally } from "./ramp-tally.ts";
import { notFound } from "./releases.ts";

const EXACT_ATTEMPTS = 10;

export function rollback(context: Context, { by, why, to, signal }: RollbackOptions): Promise<MoveResult> {
  const { name, keys, journal, state } = context;
  // The evidence is told as it stood then, but workers that go on counting never keep a rollback from landing.
  let exact = EXACT_ATTEMPTS;
  // Decided once: a promotion that lands before the rollback is not what the caller wants to keep.
  let target = to;
  const named = to === undefined ? [] : [keys.release(to), keys.lived(to)];
  return journal.transact<MoveResult>(
    named,
    async ({ head, entries: [release, lived] }) => {
      if (to !== undefined && release === undefined) throw notFound(to);
      if (to !== undefined && lived === undefined) throw stateInvalid(to, "registered", "live before");
      if (head.live === null) throw notLive(name);
      if (target === undefined) {
        if (head.undone && head.ramp === null) return { result: { moved: false, live: head.live } };
        target = rollbackTargetOf(head) ?? undefined;
        if (target === undefined) {
          throw new KeelsonError("ROLLBACK_TARGET_MISSING", `nothing was live before ${head.live}`, {
            details: { live: head.live },
          });
        }
      }
      if (head.live === target && head.ramp === null) return { result: { moved: false, live: target } };

      const changes: StateChange[] = [];
      let evidence: AuditEventFacts["evidence"];
      if (head.ramp !== null) {
        const [tally] = await state.get([keys.tally(head.ramp.id)], { signal });
        if (tally) evidence = rampEvidence(head.ramp, fromJson<RampTally>(tally.value));
        if (tally && --exact >= 0) changes.push({ key: tally.key, expect: tally.revision });
        changes.push(endOfRamp(keys, head.ramp, "rolledBack", why ?? "rolled back by hand"));
      }
      const from = head.live === target ? head.ramp?.candidate : head.live;
      const change = { live: target, ramp: null, undone: true };
      const back = await changeTraffic(context, head, change, { signal });
      return {
        result: { moved: true, live: target, from },
        head: back.head,
        events: [{ type: "rolledBack", release: target, previous: from, by, why, evidence }],
        changes: [...changes, ...back.changes],
      };
    },
    // Every attempt that fails is a change by somebody else that landed: it goes on until its own does.
    { signal, attempts: Number.POSITIVE_INFINITY },
  );
}
