import type { AbortOptions, Bundle, Clock, EvalRunner, IndexControl, StateStore } from "@keelson/core";
import type { AuditEvent } from "./audit-event.ts";
import type { CanaryOptions } from "./canary.ts";
import type { HistoryOptions } from "./history.ts";
import type { MoveResult, PromoteOptions, RollbackOptions } from "./promote.ts";
import type { Ramp, RampOptions } from "./ramp.ts";
import type { RampJudgeOptions } from "./ramp-judges.ts";
import type { RegisterOptions } from "./register.ts";
import type { Release } from "./release.ts";
import type { Router, RouterOptions } from "./router.ts";
import type { Verdict } from "./verdict.ts";
import type { AuditReport, VerifyAuditOptions } from "./verify-audit.ts";

/** What {@link createReleaseManager} takes. */
export interface ReleaseManagerOptions {
  /** Where everything is kept. Managers of one name on one store, in any number of processes, are one. */
  readonly state: StateStore;
  /** What answers and scores the cases of a canary. Needed for `canary` and `release` only. */
  readonly evals?: EvalRunner | undefined;
  /**
   * The indexes that bundles refer to, kept in the same state store: `index.control` of `@keelson/index-store`. With
   * them a promotion or rollback moves the index to the release's generation in the very commit that moves the rest, and
   * what a release of the rollback window refers to can't be dropped. Without them an index reference is mere data.
   */
  readonly indexes?: readonly IndexControl[] | undefined;
  /**
   * How many of the releases that were live before keep their index generations and snapshots, besides what is live or
   * ramps up. At least 1. Default 3.
   */
  readonly rollbackWindow?: number | undefined;
  /**
   * How long a process may serve a ramp's candidate without having read the record, in milliseconds: after a rollback
   * elsewhere no process serves the candidate longer than this. Default 30,000.
   */
  readonly leaseMs?: number | undefined;
  /** Default: the machine's own time. */
  readonly clock?: Clock | undefined;
  /** Keeps managers on one store apart: 1 to 256 UTF-16 code units. Default `"default"`. */
  readonly name?: string | undefined;
}

/** What {@link ReleaseManager.release} takes. */
export interface ReleaseOptions extends CanaryOptions {
  /** Why, for the audit log. Default: the verdict's reason. */
  readonly why?: string | undefined;
}

/** What {@link ReleaseManager.resumeRamp} takes. */
export interface ResumeRampOptions extends RampJudgeOptions, AbortOptions {}

/** What {@link ReleaseManager.release} did. */
export interface ReleaseResult {
  readonly verdict: Verdict;
  /** Is the candidate live now? */
  readonly promoted: boolean;
  /** The release that is live now. */
  readonly live: string;
}

/**
 * The life of a system's versions: registered, judged, ramped up, promoted, rolled back.
 *
 * One record says what serves. It changes only by compare-and-set, in one commit with the audit event that tells of
 * it, so several workers and operators can act at once and any of them may crash: a call that rejected because the
 * store failed may have taken place, and calling it again does not do it twice.
 */
export interface ReleaseManager {
  /** The manager's name. */
  readonly name: string;

  /**
   * Registers a bundle under a name. The bundle is copied and frozen. The same bundle under the same name again
   * changes nothing, and answers with the first registration.
   *
   * @throws KeelsonError RELEASE_EXISTS when the name has another bundle.
   * @throws KeelsonError VALUE_INVALID when it is no bundle or not JSON, KEY_INVALID when the name is malformed.
   * @throws KeelsonError INDEX_TARGET_NOT_FOUND when the index has no such generation or snapshot, EMBEDDER_MISMATCH or
   * VECTOR_DIMENSION_MISMATCH when the bundle's embedder is not what it was embedded with, ARGUMENT_INVALID when the
   * manager has `indexes`, but not this one.
   */
  register(name: string, bundle: Bundle, options?: RegisterOptions): Promise<Release>;

  /** A release; `undefined` where none has that name. */
  get(name: string, options?: AbortOptions): Promise<Release | undefined>;

  /** All releases, by ascending name. */
  list(options?: AbortOptions): Promise<Release[]>;

  /** The release that serves, or during a ramp the baseline; `undefined` where nothing is live yet. */
  live(options?: AbortOptions): Promise<Release | undefined>;

  /**
   * What {@link ReleaseManager.rollback} would go to; `undefined` where there is nothing to undo: before the second promotion, and
   * after a rollback until the next promotion or ramp. During a ramp it is the live release. A breach leaves it as it
   * was before the ramp.
   */
  rollbackTarget(options?: AbortOptions): Promise<Release | undefined>;

  /**
   * Runs a registered candidate and the live release on the same cases, in pairs and shuffled, and judges after every
   * pair; with the verdict it stops, and ends what is in flight. The verdict goes into the audit log; no traffic moves.
   * A case without a score on either side is missing, never 0. Pairs are judged in their shuffled order, whatever order they
   * finish in, so the same scores always give the same verdict.
   *
   * What is counted is stored case by case, under the ids of both bundles and of the runner. A further call for the same
   * candidate, after a crash, an abort or a `hold`, goes on with it: it runs the cases that are not scored yet, and
   * judges all. So asking again is no second chance, and the same cases again are no new evidence. A verdict of what is
   * stored runs nothing.
   *
   * @throws KeelsonError RELEASE_NOT_FOUND when the candidate is not registered, RELEASE_NOT_LIVE when nothing is live.
   * @throws KeelsonError ARGUMENT_INVALID when an option, or a figure that the runner gives, is out of its range, or the
   * manager has no `evals`.
   * @throws KeelsonError ID_DUPLICATE when two cases have one id.
   */
  canary(candidate: string, options: CanaryOptions): Promise<Verdict>;

  /**
   * A canary, and on `promote` the promotion; on any other verdict live stays.
   *
   * @throws KeelsonError RELEASE_CONFLICT when traffic was moved while the canary ran: the verdict, which is in the
   * audit log, is about a live release that may not be live any more. And all that {@link ReleaseManager.canary} throws.
   */
  release(candidate: string, options: CanaryOptions & ReleaseOptions): Promise<ReleaseResult>;

  /**
   * Makes a release live, at once and for everybody; what was live becomes the rollback target. The candidate of a
   * ramp under way can be promoted, which ends the ramp. Promoting what is live changes nothing. An index generation
   * of its bundle becomes live in the same commit.
   *
   * @throws KeelsonError RELEASE_NOT_FOUND when it is not registered.
   * @throws KeelsonError RELEASE_CONFLICT when traffic was moved meanwhile: a promotion loses against a rollback.
   * @throws KeelsonError RELEASE_STATE_INVALID when `expect` is not live, or another candidate is ramping.
   * @throws KeelsonError INDEX_TARGET_NOT_FOUND when the bundle's generation or snapshot is gone, ARGUMENT_INVALID when
   * the manager lacks the index. Nothing was moved.
   */
  promote(name: string, options?: PromoteOptions): Promise<MoveResult>;

  /**
   * Takes the last step back, at once: ends a ramp under way, or returns to what the last promotion replaced. It
   * needs no verdict and wins against everything that happens at the same time: it goes on until it has landed.
   *
   * A rollback undoes one step, once: called again, or by two alarms at once, it changes nothing and says so with
   * `moved: false`, rather than walk on into the past. To go further back, name the release with `to`.
   *
   * @throws KeelsonError RELEASE_NOT_LIVE when nothing is live, ROLLBACK_TARGET_MISSING when nothing was before.
   * @throws KeelsonError RELEASE_NOT_FOUND when `to` is not registered, RELEASE_STATE_INVALID when it was never live.
   * @throws KeelsonError INDEX_TARGET_NOT_FOUND when the generation or snapshot of `to` is gone, which can only happen
   * outside of the rollback window; ARGUMENT_INVALID when the manager lacks the index. Nothing was moved.
   */
  rollback(options?: RollbackOptions): Promise<MoveResult>;

  /**
   * Starts to move traffic to a candidate, stage by stage; see {@link Ramp}. There is one ramp at a time. The same
   * candidate with the same plan joins the ramp that is under way.
   *
   * @throws KeelsonError RELEASE_NOT_FOUND, RELEASE_NOT_LIVE when there is nothing to ramp up, or nothing beside it.
   * @throws KeelsonError RELEASE_STATE_INVALID when the candidate is live, another ramp is under way, or a freeze window
   * is open and the first stage would expose somebody.
   * @throws KeelsonError INDEX_TARGET_NOT_FOUND when the candidate's generation or snapshot is gone.
   * @throws KeelsonError RELEASE_CONFLICT when traffic was moved meanwhile.
   * @throws KeelsonError ARGUMENT_INVALID when the plan is not sound.
   */
  ramp(candidate: string, options?: RampOptions): Promise<Ramp>;

  /**
   * A handle to the ramp that is under way, with the evidence it has; `undefined` where there is none. What a worker
   * calls when it starts. Gates and guards that the ramp was started with are code and must be given again, except the
   * usual ones.
   *
   * @throws KeelsonError ARGUMENT_INVALID when the gates or guards are not those that the ramp was started with, or the
   * manager lacks an index of the candidate.
   */
  resumeRamp(options?: ResumeRampOptions): Promise<Ramp | undefined>;

  /** A router that assigns requests to the live release and a ramp's candidate. Close it to stop it following. */
  router(options?: RouterOptions): Promise<Router>;

  /** What happened, oldest first. */
  history(options?: HistoryOptions): Promise<AuditEvent[]>;

  /** Checks that no event of the audit log is missing, changed or out of its place. */
  verifyAudit(options?: VerifyAuditOptions): Promise<AuditReport>;
}
