import type { AbortOptions, Secret } from "@keelson/core";
import type { AuditReport } from "./audit.ts";
import type {
  DueOptions,
  DueRotation,
  ResumeOptions,
  ResumeResult,
  RotateOptions,
  RotateResult,
  RotationSchedule,
} from "./rotation-types.ts";
import type { SecretStatus } from "./secret-status.ts";
import type { SecretKind } from "./stored-secret.ts";

/** Who changed a secret and why, as the audit keeps it. Neither may hold a value. */
export interface ChangeOptions extends AbortOptions {
  /** Who asked for it: 1 to 1,024 UTF-16 code units. */
  readonly by?: string | undefined;
  /** Why: 1 to 1,024 UTF-16 code units. */
  readonly why?: string | undefined;
}

/** What {@link SecretStore.put} takes. */
export interface PutOptions extends ChangeOptions {
  /** Is the value to be read back, or only to be checked against? Fixed for the secret's life. Default `"use"`. */
  readonly kind?: SecretKind | undefined;
}

/** What {@link SecretStore.put} made. */
export interface PutResult {
  /** Always 1. */
  readonly version: 1;
  /** The value. For kind `"verify"` this is the only time it is shown. */
  readonly secret: Secret;
}

/** What {@link SecretStore.get} takes. */
export interface GetOptions extends AbortOptions {
  /** A live version: the current one, or a previous one inside its window. Default: the current one. */
  readonly version?: number | undefined;
}

/** What {@link SecretStore.verify} takes. */
export interface VerifyOptions extends AbortOptions {
  /** Who presents it, for `usage`: 1 to 128 UTF-16 code units. Not what somebody unknown sent. Default `"unnamed"`. */
  readonly consumer?: string | undefined;
}

/** What {@link SecretStore.verify} found. Tell the presenter no more than `ok`. */
export type VerifyResult = VerifyAccepted | VerifyRefused;

/** The presented value is that of a live version. */
export interface VerifyAccepted {
  readonly ok: true;
  /** The version it is. */
  readonly version: number;
  /** `"previous"` tells a consumer that has not moved yet. */
  readonly stage: "current" | "previous";
  /** For a previous version: from when on it will be refused, in epoch milliseconds. */
  readonly expiresAtMs: number | undefined;
}

/** The presented value is none that is accepted, or there is no such secret. Has the properties of the other, all `undefined`. */
export interface VerifyRefused {
  readonly ok: false;
  /** Of no version. */
  readonly version?: undefined;
  /** Of no version. */
  readonly stage?: undefined;
  /** Of no version. */
  readonly expiresAtMs?: undefined;
}

/** A version that is accepted now, with its value. */
export interface LiveSecret {
  readonly version: number;
  readonly stage: "current" | "previous";
  /** For a previous version: from when on it is refused, in epoch milliseconds. */
  readonly expiresAtMs: number | undefined;
  /** Its value. */
  readonly secret: Secret;
}

/** The current version, without its value. */
export interface CurrentVersion {
  readonly version: number;
  /** When it was made, in epoch milliseconds. */
  readonly createdAtMs: number;
  /** As in {@link VersionStatus}. */
  readonly fingerprint: string | undefined;
  /** When it is to be rotated, in epoch milliseconds; `undefined` where that is not scheduled. */
  readonly dueAtMs: number | undefined;
}

/** What {@link SecretStore.expireGrace} takes. */
export interface ExpireGraceOptions extends ChangeOptions {
  /**
   * Spare what was used in the last so many milliseconds, by any process: nothing ends, and the call rejects. What is
   * stored of other processes may be a minute old, so a version must have been idle for a minute longer. Default: end
   * them whoever uses them.
   */
  readonly ifUnusedForMs?: number | undefined;
}

/** What {@link SecretStore.expireGrace} did. */
export interface ExpireGraceResult {
  /** The versions that this call revoked, ascending. Empty where no window was open. */
  readonly revoked: readonly number[];
}

/**
 * Secrets in numbered versions that are rotated without an outage: for a window of your choosing, the replaced
 * version is accepted beside the new one.
 *
 * Everything about a secret is one record in the backend, and every change is one compare-and-set write of it, so a
 * crash leaves the secret as it was or as it is to be. The record is read anew by every call: what one process has
 * revoked is refused by all others on their next call.
 *
 * **Restored copies.** With a `state`, what has ended is also kept there, in an entry that only grows, and every call
 * reads both. An older copy of the record that is put back into the backend, by a restore or by hand, brings back no
 * revoked version, and no replaced one beyond its deadline; the audit then tells `"restored"`. Where the state is
 * put back together with the record, both to the same older time, nothing is left to tell by.
 *
 * **Time.** A window is open while the clock reads less than its deadline, judged by each call. The first call that
 * finds the deadline passed writes the version off as revoked, and destroys what is stored of its value, before it
 * answers; only `get` of the current version, `current`, `due`, `list`, and a `rotate` that is refused do not look. That is one
 * write a window, and from then on no clock, restart or other process can open it again. A clock set back before any
 * such call makes an open window last longer by as much. One set forward by up to `maxJumpMs` ends it early, for good;
 * by more, it is not believed.
 *
 * **Names** are 1 to 256 UTF-16 code units. Every call refuses others with KEY_INVALID.
 *
 * **External writers** that change or replace a record behind the store are never overwritten: calls that are safe to
 * redo read again and decide anew, others reject with SECRET_CONFLICT. What is not a record of this store rejects
 * with SECRET_UNREADABLE.
 */
export interface SecretStore {
  /**
   * Stores a new secret with one version. For kind `"verify"` a value of your own must have at least 22 characters,
   * and should be as random as a generated one (see {@link SecretKind}).
   *
   * @param value 1 to 65,536 UTF-16 code units of well-formed Unicode. Default: what `generate` makes.
   * @throws KeelsonError SECRET_EXISTS when there is one of that name, were it revoked.
   * @throws KeelsonError ARGUMENT_INVALID when the value cannot be one.
   */
  put(name: string, value?: string | Secret, options?: PutOptions): Promise<PutResult>;

  /**
   * The value of a secret of kind `"use"`. Call it where the value is needed; do not keep the result.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret, or no such live version.
   * @throws KeelsonError ARGUMENT_INVALID when the secret is of kind `"verify"`.
   */
  get(name: string, options?: GetOptions): Promise<Secret>;

  /**
   * The current version of a secret of either kind: poll it to learn that there is a new one.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret, or it has no current version.
   */
  current(name: string, options?: AbortOptions): Promise<CurrentVersion>;

  /**
   * All that is accepted now of a secret of kind `"use"`, the current version first, then the previous ones from the
   * newest: for checks that need the value itself, as a signature does. True for this moment: read it anew for every
   * check.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   * @throws KeelsonError ARGUMENT_INVALID when the secret is of kind `"verify"`.
   */
  live(name: string, options?: AbortOptions): Promise<LiveSecret[]>;

  /**
   * Counts a use of a version that was not checked by `verify`, but with a value from `live`.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   */
  noteUse(name: string, version: number, options?: VerifyOptions): Promise<void>;

  /**
   * Is this value accepted now: that of the current version, or of a previous one inside its window? Never that of a
   * pending one.
   *
   * The time of a call does not tell whether the value was right, how much of it was, or of which version it is: each
   * call makes one hash and three comparisons, counts, a refusal like a use, and makes an answer of one shape. It
   * depends on the length of what is presented, and on the backend's read, which knows whether the secret exists. Two
   * calls take longer and may write: the first accepted one of a consumer in a minute, and those that find a window
   * over.
   *
   * What is accepted is counted for its consumer: in memory, and in the state where it is the first time in a minute.
   *
   * Works for both kinds. An unknown name is refused like a wrong value. Where a window turns out to be over and
   * that cannot be written, a current value is accepted all the same and everything else rejects with the backend's
   * error.
   */
  verify(name: string, presented: string | Secret, options?: VerifyOptions): Promise<VerifyResult>;

  /**
   * Makes a new version current and the current one previous, accepted for `graceMs` more.
   *
   * Without hooks this is one write. With them: the candidate is stored as pending, then `create`, `set` and `test`
   * run, then one write commits, then `finish` runs. A candidate that `set` or `test` fails for is tried once more; if
   * it is refused again it is taken back by `undo`, and a new one made and tried in the same way, unless the value was
   * given. After that the call rejects, and the current version stays. After a crash, or an abort, the next `rotate` goes on with the same candidate; where its
   * value is no longer known (kind `"verify"`) or another `value` is asked for, it undoes the candidate and begins
   * anew. Two calls at once share one rotation, or one of them rejects. A crash after the commit leaves a complete
   * rotation: the next call then meets an open window, and first runs the `finish` that was missed.
   *
   * Once committed, an abort only ends the wait for `finish`.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   * @throws KeelsonError SECRET_GRACE_OPEN when a window is open and `onOverlap` leaves no room.
   * @throws KeelsonError SECRET_CONFLICT when the current version is not `ifVersion`, or somebody ended this rotation.
   * @throws KeelsonError SECRET_ROTATION_FAILED when a hook failed. Its error is not attached, since it may quote
   * the value: log it inside the hook.
   * @throws KeelsonError CLOCK_JUMPED when a window is asked for and the clock is not believed.
   */
  rotate(name: string, options: RotateOptions): Promise<RotateResult>;

  /**
   * Takes up a rotation that a crash or an abort has left, as it was asked for then, and begins none: what a process
   * does when it starts. It goes on where the candidate's value is known and passes `set` and `test`, and takes it
   * back where not.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   * @throws KeelsonError ARGUMENT_INVALID when a hook is missing that the rotation was begun with.
   * @throws KeelsonError SECRET_ROTATION_FAILED when `undo` or `finish` failed.
   */
  resume(name: string, options?: ResumeOptions): Promise<ResumeResult>;

  /**
   * Says how often a secret is to be rotated, or with `undefined` that it is not. {@link due} then names it in time.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   * @throws KeelsonError ARGUMENT_INVALID when the grace is not shorter than the time between two rotations.
   */
  schedule(name: string, schedule: RotationSchedule | undefined, options?: ChangeOptions): Promise<void>;

  /**
   * What is to be rotated, the longest overdue first: unfinished rotations, and current versions older than their
   * schedule says. However many times were missed, it is due once. A secret without a current version is not. Reads
   * every record; `createRotationRunner` does the rest.
   */
  due(options?: DueOptions): Promise<DueRotation[]>;

  /**
   * Ends all open windows now. Durable before it returns: every store over the same backend refuses the previous
   * versions from its next call on. Calling it again is no error.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   * @throws KeelsonError SECRET_IN_USE when `ifUnusedForMs` spares one of them. Nothing has ended then.
   * @throws KeelsonError CAPABILITY_UNSUPPORTED when `ifUnusedForMs` is given and the store has no `state`.
   */
  expireGrace(name: string, options?: ExpireGraceOptions): Promise<ExpireGraceResult>;

  /**
   * Revokes one version for good and destroys what is stored of its value, durably before it returns. Revoking the
   * current one leaves the secret without a value until it is rotated; previous versions keep their windows. Revoking
   * a pending one gives its rotation up without running hooks. A version revoked already is no error.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret, or it never had that version.
   */
  revoke(name: string, version: number, options?: ChangeOptions): Promise<void>;

  /**
   * Versions, stages and deadlines, never values.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   */
  status(name: string, options?: AbortOptions): Promise<SecretStatus>;

  /** The names of all secrets, ascending. */
  list(options?: AbortOptions): Promise<string[]>;

  /**
   * What was done to the secret, oldest first: the last 128 events.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   */
  audit(name: string, options?: AbortOptions): Promise<AuditReport>;

  /** Believe the wall clock from now on, whatever jump it has made: after a machine slept, or an operator set it right. */
  trustClock(): void;
}
