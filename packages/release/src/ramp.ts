import type { AbortOptions } from "@keelson/core";
import type { RampPlan } from "./ramp-settings.ts";
import type { RampArm } from "./ramp-tally.ts";
import type { Assignment } from "./router.ts";

/** What {@link ReleaseManager.ramp} takes. */
export interface RampOptions extends RampPlan, AbortOptions {
  /** Who starts it, for the audit log. */
  readonly by?: string | undefined;
  /** Why, for the audit log. */
  readonly why?: string | undefined;
}

/** How one live request went. */
export interface Observation {
  /** Unique for the request. The same id counts once, however often and by whichever worker it is observed. */
  readonly id: string;
  /** The release that served it, as {@link Assignment} names it. */
  readonly release: string;
  /** The key it was assigned by. Where it is given, a request that the router would have sent elsewhere is reported. */
  readonly key?: string | undefined;
  /** 0 (worst) to 1 (best). `null` or left out: not scored. It is missing, never 0. */
  readonly score?: number | null | undefined;
  /** How long the answer took, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** What the answer cost, in US dollars. */
  readonly costUsd?: number | undefined;
  /** Did the answer fail? `true`, or what went wrong, which is not stored. */
  readonly error?: string | boolean | undefined;
}

/** What became of the observations of one call. */
export interface ObserveResult {
  /** Counted by this call. */
  readonly counted: number;
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
  /** The shares of all stages. */
  readonly stages: readonly number[];
  /** The share of the keys that the candidate serves now: 0 after a rollback, 1 after a promotion. */
  readonly share: number;
  /** How many observed requests the candidate served in all stages. */
  readonly exposed: number;
  /** How many requests were observed in all stages. */
  readonly requests: number;
  /** `exposed / requests`; 0 without requests. */
  readonly exposedShare: number;
  /** What the current stage waits for: more requests, its time, or enough of both sides to judge. */
  readonly waitingFor?: "requests" | "time" | "evidence" | undefined;
  /** The candidate in the current stage. */
  readonly candidate: RampSide;
  /** The baseline it is compared with: in the same stage, or at a share of 1 in the stage before. */
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

  /**
   * Counts how requests went, and draws the consequences: after every single one, in their order, the breach rule
   * is applied, a stage that has all it waits for ends, and the last one's end promotes. A breach takes the
   * candidate's share to zero at once: record, evidence and audit event in one commit, then this process's router.
   *
   * Counted observations are stored when the promise resolves, so a restart goes on with the same evidence. A call
   * costs one read and one commit, which write the tally and a key for each id; calls made while a commit is under
   * way share the next one, up to 256 observations. Several workers may observe at once: none is lost, none counts
   * twice. An abort leaves the observation counted or not; observing it again settles it.
   *
   * @throws KeelsonError ARGUMENT_INVALID when a figure is out of its range, ID_INVALID when an id is; nothing of
   * the call is counted.
   */
  observe(observations: Observation | readonly Observation[], options?: AbortOptions): Promise<ObserveResult>;

  /** How it stands, also after its end. */
  status(options?: AbortOptions): Promise<RampStatus>;
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
