import { argumentInvalid } from "@keelson/core";
import type { AuditEventFacts } from "./audit-event.ts";
import { changeTraffic } from "./change-traffic.ts";
import type { Context } from "./context.ts";
import { fromJson, type RampControl } from "./head.ts";
import { stateInvalid } from "./promote.ts";
import type { RampApproveOptions, RampEnd, RampStepOptions } from "./ramp.ts";
import type { RampJudges } from "./ramp-judges.ts";
import { rampEvidence } from "./ramp-records.ts";
import type { RampTally } from "./ramp-tally.ts";
import { settleRamp } from "./settle-ramp.ts";

/** What somebody does to a ramp; `undefined` where there is nothing to do. */
type Steering = (
  ramp: RampControl,
  nowMs: number,
) => { readonly type: AuditEventFacts["type"]; readonly ramp: RampControl } | undefined;

export function pauseRamp({ by, why }: RampStepOptions): Steering {
  return (ramp) =>
    ramp.paused === null
      ? {
          type: "rampPaused",
          ramp: { ...ramp, paused: { ...(by !== undefined && { by }), ...(why !== undefined && { why }) } },
        }
      : undefined;
}

export function resumeRamp(): Steering {
  return (ramp) => {
    if (ramp.paused === null) return undefined;
    const { guard } = ramp.paused;
    const waived = guard === undefined ? ramp.waived : [...ramp.waived, guard];
    return { type: "rampResumed", ramp: { ...ramp, paused: null, waived } };
  };
}

export function approveRamp({ by, evidence }: RampApproveOptions): Steering {
  return (ramp, nowMs) => {
    const { approvers } = ramp.settings;
    if (typeof by !== "string" || by === "" || (approvers !== null && !approvers.includes(by))) {
      throw argumentInvalid("by", "is none of the approvers");
    }
    const { ready } = ramp;
    if (ready?.evidence !== evidence) {
      throw stateInvalid(ramp.candidate, "ramping", "a stage that waits for approval of that evidence");
    }
    if (ready.approvals.some((approval) => approval.by === by)) return undefined;
    const approvals = [...ready.approvals, { by, atMs: nowMs }];
    return { type: "rampApproved", ramp: { ...ramp, ready: { evidence, approvals } } };
  };
}

/** Does it, and draws what follows from it, in one commit. */
export function steerRamp(
  context: Context,
  judges: RampJudges,
  { id, candidate }: Pick<RampControl, "id" | "candidate">,
  steering: Steering,
  { by, why, signal }: RampStepOptions,
): Promise<void> {
  const { keys, journal, clock } = context;
  return journal.transact(
    [keys.tally(id), keys.end(id)],
    async ({ head, entries: [stored, ended] }) => {
      if (head.ramp?.id !== id || stored === undefined) {
        const state = ended === undefined ? "not ramping" : fromJson<RampEnd>(ended.value).state;
        throw stateInvalid(candidate, state, "ramping");
      }
      const nowMs = clock.now();
      const step = steering(head.ramp, nowMs);
      if (step === undefined) return { result: undefined };
      const tally = fromJson<RampTally>(stored.value);
      const evidence = rampEvidence(step.ramp, tally, judges);
      const previous = step.ramp.baseline;
      const event: AuditEventFacts = { type: step.type, release: candidate, previous, by, why, evidence };
      const { ramp, change, events, changes } = settleRamp(keys, step.ramp, tally, judges, nowMs);
      // What is decided here is decided on this very evidence.
      const check = { key: keys.tally(id), expect: stored.revision };
      if (change === undefined) {
        return {
          result: undefined,
          head: { ramp },
          events: [event, ...events],
          changes: [...changes, check],
        };
      }
      const moved = await changeTraffic(context, head, change, { signal });
      return {
        result: undefined,
        head: moved.head,
        events: [event, ...events],
        changes: [...changes, ...moved.changes, check],
      };
    },
    { signal, attempts: Number.POSITIVE_INFINITY },
  );
}
