import type { AbortOptions } from "@keelson/core";
import type { GateEvidence } from "./gate.ts";
import type { GuardReport } from "./guard.ts";
import type { RampApproval, RampPause } from "./head.ts";
import type { RampPlan } from "./ramp-plan.ts";
import type { RampArm } from "./ramp-tally.ts";
import type { Assignment, Router } from "./router.ts";

/** What {@link ReleaseManager.ramp} takes. */
export interface RampOptions extends RampPlan, AbortOptions {
  /** Who starts it, for the audit log. */
  readonly by?: string | undefined;
  /** Why, for the audit log. */
  readonly why?: string | undefined;
}

/** Who steers a ramp, and why. */
export interface RampStepOptions extends AbortOptions {
  /** Who, for the audit log. */
  readonly by?: string | undefined;
  /** Why, for the audit log. */
  readonly why?: string | undefined;
}

/** What {@link Ramp.approve} takes. */
export interface RampApproveOptions extends AbortOptions {
  /** Who approves. */
  readonly by: string;
  /** What is approved: the evidence of {@link RampStatus.approval} that was looked at. */
  readonly evidence: string;
  /** Why, for the audit log. */
  readonly why?: string | undefined;
}

/** How one answer went. */
export interface Outcome {
  /**
   * 0 (worst) to 1 (best). `null`: it should have a score and has none; it is missing, never 0. Left out: not scored, or
   * not yet.
   */
  readonly score?: number | null | undefined;
  /** How long the answer took, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** What the answer cost, in US dollars. */
  readonly costUsd?: number | undefined;
  /** Did the answer fail? `true`, or what went wrong, which is not stored. */
  readonly error?: string | boolean | undefined;
}

/** How one live request went. */
export interface Observation extends Outcome {
  /**
   * Unique for the request. The same id counts once, however often and by whichever worker it is observed; only a score
   * that was left out may be brought later.
   */
  readonly id: string;
  /** The release that served it, as {@link Assignment} names it. */
  readonly release: string;
  /**
   * The stage it was assigned in, as {@link Assignment} names it. Give it with the key: it is compared with requests of its
   * own stage, however late it is heard of, and counts for the sample ratio. Of another ramp's stage it is ignored. Default:
   * the stage that the ramp is in when it is observed.
   */
  readonly stage?: string | undefined;
  /**
   * The key it was assigned by. Give it: of all requests of a key in a stage, one is evidence, since they are no
   * independent witnesses, and only with keys can be checked that the router's word is kept. It is stored as a 32-bit
   * hash. Without it the request is a witness of its own.
   */
  readonly key?: string | undefined;
  /** How the candidate's answer to a copy of the request went, which the user never saw: see {@link Router.shadow}. */
  readonly shadow?: Outcome | undefined;
}

/** What became of the observations of one call. */
export interface ObserveResult {
  /** Counted by this call. */
  readonly counted: number;
  /** Counted before, and given their score by this call. */
  readonly completed: number;
  /** Counted before, by their id. */
  readonly duplicates: number;
  /** Of a release that is no part of the ramp, or come after its end. */
  readonly ignored: number;
}

/** One side of a ramp's current stage. */
export interface RampSide {
  readonly release: string;
  readonly requests: number;
  readonly errors: number;
  /** How many requests have a score. */
  readonly scored: number;
  /** Their mean, 0..1; `null` where there is none. */
  readonly meanScore: number | null;
  /** The mean latency in milliseconds; `null` where none is known. */
  readonly meanLatencyMs: number | null;
  /** What they cost in US dollars, as far as they told. */
  readonly costUsd: number;
}

/** How a ramp stands. */
export interface RampStatus {
  readonly id: string;
  /**
   * - `running`: the candidate serves its share.
   * - `promoted`: it is live, at the end of the last stage or by hand.
   * - `rolledBack`: its share went to zero, by a breach or by hand.
   */
  readonly state: "running" | "promoted" | "rolledBack";
  /** Why it ended. */
  readonly reason?: string | undefined;
  /** The current stage, from 0; of an ended ramp its last. */
  readonly stage: number;
  /** The shares of all stages; 0 is the shadow stage. */
  readonly stages: readonly number[];
  /** The share of the keys that the candidate serves now: 0 after a rollback, 1 after a promotion. */
  readonly share: number;
  /** How many observed requests the candidate served in all stages. */
  readonly exposed: number;
  /** How many requests were observed in all stages. */
  readonly requests: number;
  /** `exposed / requests`; 0 without requests. */
  readonly exposedShare: number;
  /**
   * What the current stage waits for: more requests of the candidate, its time, evidence that the candidate is no worse,
   * approval, the end of a freeze window, or somebody who resumes it.
   */
  readonly waitingFor?: "requests" | "time" | "evidence" | "approval" | "freeze" | "resume" | undefined;
  /** Why it is paused. */
  readonly paused?: RampPause | undefined;
  /** What can be approved, and who has. Only while approval is all that the stage waits for, or a freeze. */
  readonly approval?:
    | { readonly evidence: string; readonly needed: number; readonly approvals: readonly RampApproval[] }
    | undefined;
  /** How many comparisons the gates have judged. */
  readonly pairs: number;
  /** The current stage's gate, and what it knows where it tells. */
  readonly gate: { readonly id: string; readonly evidence?: GateEvidence | undefined };
  /** All guards. */
  readonly guards: readonly GuardReport[];
  /** The candidate in the current stage. */
  readonly candidate: RampSide;
  /** The baseline in the current stage. */
  readonly baseline: RampSide;
  /**
   * Requests observed of the candidate although their key was not in its share. Above 0 the evidence is doubtful:
   * something decides besides the router.
   */
  readonly misrouted: number;
}

/**
 * A candidate on its way to all of the traffic, stage by stage, on evidence. The handle is light: every worker has
 * its own, and the record in the state store is the ramp.
 *
 * Answers of both sides are compared in blocks, in the order they are observed: at a share of 1 % one of the candidate
 * with 24 of the baseline, at a half one with one. The stage's gate judges their scores, the guards what else must not
 * get worse. All evidence counts from the first stage to the last.
 */
export interface Ramp {
  /** Unique in its manager. */
  readonly id: string;
  readonly candidate: string;
  readonly baseline: string;

  /**
   * Which release answers a request: {@link Router.assign}. A handle follows the record with every `observe` and
   * `status`; to follow it without either, open a {@link Router}.
   */
  assign(key?: string): Assignment;

  /** Whether a copy of the request goes to the candidate: {@link Router.shadow}. */
  shadow: Router["shadow"];

  /**
   * Counts how requests went, and draws the consequences after every single one, in their order: a breach takes the
   * candidate's share to zero at once, record, evidence and audit event in one commit, then this process's router; a
   * guard that holds pauses the ramp; a stage that has all it waits for ends, and the last one's end promotes. With no
   * observations it only looks whether the stage's time or a freeze window is over.
   *
   * Counted observations are stored when the promise resolves, so a restart goes on with the same evidence. A call
   * costs two reads and one commit, which write the evidence and two keys for each request; calls made while a commit
   * is under way share the next one, up to 256 observations. Several workers may observe at once: none is lost, none
   * counts twice. An abort leaves the observation counted or not; observing it again settles it.
   *
   * @throws KeelsonError ARGUMENT_INVALID when a figure is out of its range, ID_INVALID when an id is; nothing of
   * the call is counted.
   */
  observe(observations: Observation | readonly Observation[], options?: AbortOptions): Promise<ObserveResult>;

  /** How it stands, also after its end. */
  status(options?: AbortOptions): Promise<RampStatus>;

  /**
   * Keeps the share as it is until {@link Ramp.resume}. Evidence goes on, and so do breaches and rollbacks. A paused ramp
   * stays as it was paused.
   *
   * @throws KeelsonError RELEASE_STATE_INVALID when the ramp has ended.
   */
  pause(options?: RampStepOptions): Promise<RampStatus>;

  /**
   * Lets a paused ramp go on. Where a guard paused it, the guard is not asked again in this ramp.
   *
   * @throws KeelsonError RELEASE_STATE_INVALID when the ramp has ended.
   */
  resume(options?: RampStepOptions): Promise<RampStatus>;

  /**
   * Approves the end of the current stage, on the evidence that was looked at: {@link RampStatus.approval}. One person
   * approves once. Approvals hold for this bundle, this stage, and as long as the evidence stays sufficient; the last
   * one that is needed ends the stage, outside of a freeze window.
   *
   * @throws KeelsonError RELEASE_STATE_INVALID when the ramp has ended, or does not wait for approval of that evidence.
   * @throws KeelsonError ARGUMENT_INVALID when `by` is none of the approvers.
   */
  approve(options: RampApproveOptions): Promise<RampStatus>;
}

/** How a ramp ended, as it is stored. */
export interface RampEnd {
  readonly state: "promoted" | "rolledBack";
  readonly stage: number;
  readonly reason: string;
}

/** A stored arm as a status shows it. */
export function describeArm(release: string, arm: RampArm): RampSide {
  return {
    release,
    requests: arm.requests,
    errors: arm.errors,
    scored: arm.scored,
    meanScore: arm.scored === 0 ? null : arm.scoreSum / arm.scored,
    meanLatencyMs: arm.timed === 0 ? null : arm.latencySumMs / arm.timed,
    costUsd: arm.costSumUsd,
  };
}
