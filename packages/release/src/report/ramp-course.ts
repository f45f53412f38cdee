import type { AuditEvent } from "../audit-event.ts";
import type { RampStatus } from "../ramp.ts";

/** One stage of a ramp as it went. */
export interface RampCourseStage {
  readonly share: number;
  /**
   * - `passed`: the next stage, or the promotion, came after it.
   * - `current`: the ramp is at it.
   * - `rolledBack`: it ended there.
   * - `ahead`: it was not reached, yet or ever.
   */
  readonly state: "passed" | "current" | "rolledBack" | "ahead";
  /** When it began, in epoch milliseconds; `null` where the history does not tell. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  /** How many requests the candidate served in it; `null` where it is not told. */
  readonly exposed: number | null;
  /** How many requests were observed in it; `null` where it is not told. */
  readonly requests: number | null;
}

/** What an audit event says of a ramp; what is missing is `null`. */
interface RampMark {
  readonly atMs: number;
  readonly stage: number | null;
  readonly exposed: number | null;
  readonly requests: number | null;
}

/** The stages of a ramp, with the figures that the audit log keeps of those that are over. */
export function rampCourse(status: RampStatus, history: readonly AuditEvent[]): RampCourseStage[] {
  const of = (...types: AuditEvent["type"][]): RampMark[] =>
    history
      .filter(({ type, evidence }) => types.includes(type) && evidence?.ramp === status.id)
      .map(({ atMs, evidence }) => ({
        atMs,
        stage: figure(evidence?.stage),
        exposed: figure(evidence?.exposed),
        requests: figure(evidence?.requests),
      }));
  const [started] = of("rampStarted");
  const ends = of("rampAdvanced", "rampBreached", "promoted", "rolledBack");
  const endOf = (stage: number): RampMark | undefined => ends.find((mark) => mark.stage === stage);

  return status.stages.map((share, stage) => {
    const state = stateOf(status, stage);
    if (state === "ahead") return { share, state, fromMs: null, toMs: null, exposed: null, requests: null };
    const end = endOf(stage);
    const before = stage === 0 ? undefined : endOf(stage - 1);
    const isLast = stage === status.stage;
    return {
      share,
      state,
      fromMs: (stage === 0 ? started : before)?.atMs ?? null,
      toMs: end?.atMs ?? null,
      exposed: difference(isLast ? status.exposed : end?.exposed, stage === 0 ? 0 : before?.exposed),
      requests: difference(isLast ? status.requests : end?.requests, stage === 0 ? 0 : before?.requests),
    };
  });
}

function stateOf({ state, stage: last }: RampStatus, stage: number): RampCourseStage["state"] {
  if (stage < last) return "passed";
  if (stage > last) return "ahead";
  return state === "running" ? "current" : state === "promoted" ? "passed" : "rolledBack";
}

function difference(after: number | null | undefined, before: number | null | undefined): number | null {
  return typeof after === "number" && typeof before === "number" ? after - before : null;
}

function figure(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
