import type { AbortOptions, Clock, Secret, SecretBackend } from "@keelson/core";
import type { AuditReport } from "./audit.ts";
import type { RotationHooks } from "./rotation-hooks.ts";
import type { RotationPhase, SecretKind, VersionStage } from "./stored-secret.ts";

/** What `createSecretStore` takes. A whole `Storage` spread into it will do. */
export interface SecretStoreOptions {
  /** Where the records are kept. */
  readonly secrets: SecretBackend;
  /** Judges deadlines and stamps events. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /**
   * Makes a value where none is given. It must be unguessable: at least 128 bits from a cryptographic source.
   * Default: 32 random bytes in base64url, 43 characters.
   */
  readonly generate?: (() => string) | undefined;
}

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

/**
 * What a rotation does when the window of an earlier one is still open.
 *
 * - `"refuse"`: SECRET_GRACE_OPEN, since consumers may still hold the earlier version;
 * - `"keep-each-deadline"`: every earlier version lives to its own deadline, three live versions at the most;
 * - `"revoke-previous"`: earlier versions are revoked with the commit, for a leak.
 */
export type OverlapPolicy = "refuse" | "keep-each-deadline" | "revoke-previous";

/** What {@link SecretStore.rotate} takes. */
export interface RotateOptions extends ChangeOptions {
  /** How long the replaced version is still accepted, from the commit on: a whole number, 0 for not at all. */
  readonly graceMs: number;
  /** The new value. It must differ from every live one. Default: what the `create` hook or `generate` makes. */
  readonly value?: string | Secret | undefined;
  /** Rotate only if this is the current version. */
  readonly ifVersion?: number | undefined;
  /** What to do when a window is open. Default `"refuse"`. */
  readonly onOverlap?: OverlapPolicy | undefined;
  /** Side effects outside the store. */
  readonly hooks?: RotationHooks | undefined;
}

/** What {@link SecretStore.rotate} did. */
export interface RotateResult {
  /** The new current version. */
  readonly version: number;
  /** The version it replaced; `undefined` where there was no current one. */
  readonly previous: number | undefined;
  /** From when on the replaced version is refused, in epoch milliseconds; `undefined` where it is refused already. */
  readonly previousExpiresAtMs: number | undefined;
  /** The new value. For kind `"verify"` this is the only time it is shown. */
  readonly secret: Secret;
  /** Did this call complete a rotation that an earlier one had begun? */
  readonly resumed: boolean;
  /** `false` when the rotation stands but its `finish` hook has failed. The next `rotate` runs it again first. */
  readonly finished: boolean;
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

/** The presented value is none that is accepted, or there is no such secret. */
export interface VerifyRefused {
  readonly ok: false;
}

/** What {@link SecretStore.expireGrace} did. */
export interface ExpireGraceResult {
  /** The versions that this call revoked, ascending. Empty where no window was open. */
  readonly revoked: readonly number[];
}

/** One version, without its value. */
export interface VersionStatus {
  /** Its number, from 1. Numbers are never given twice. */
  readonly version: number;
  readonly stage: VersionStage;
  /** When it was made, in epoch milliseconds. */
  readonly createdAtMs: number;
  /** For a previous version: from when on it is refused, in epoch milliseconds. */
  readonly expiresAtMs: number | undefined;
  /** For a revoked version: since when, in epoch milliseconds. */
  readonly revokedAtMs: number | undefined;
  /** 16 hexadecimal digits under a key of this secret alone: equal for equal values, comparable with nothing else. */
  readonly fingerprint: string | undefined;
}

/** A secret as it stands, without values. */
export interface SecretStatus {
  readonly name: string;
  readonly kind: SecretKind;
  /** The current version's number; `undefined` after it was revoked. */
  readonly current: number | undefined;
  /** All live and pending versions and the last 16 revoked ones, ascending. */
  readonly versions: readonly VersionStatus[];
  /** A rotation under way, or left by a crash: `rotate` takes it up. */
  readonly rotation: RotationStatus | undefined;
}

/** A rotation that has not ended. */
export interface RotationStatus {
  /** The version it is to bring. */
  readonly version: number;
  /** The step that comes next. */
  readonly phase: RotationPhase;
  /** The hooks it was begun with; whoever takes it up gives them again. */
  readonly hooks: readonly string[];
}

/**
 * Secrets in numbered versions that are rotated without an outage: for a window of your choosing, the replaced
 * version is accepted beside the new one.
 *
 * Everything about a secret is one record in the backend, and every change is one compare-and-set write of it, so a
 * crash leaves the secret as it was or as it is to be. The record is read anew by every call: what one process has
 * revoked is refused by all others on their next call.
 *
 * **Time.** A window is open while the clock reads less than its deadline, judged by each call. The first call that
 * finds the deadline passed writes the version off as revoked, and destroys what is stored of its value, before it
 * answers; only `get` of the current version, `audit`, `list`, and a `rotate` that is refused do not look. That is one
 * write a window, and from then on no clock, restart or other process can open it again. A clock set back before any
 * such call makes an open window last longer by as much; one set forward ends it early, for good.
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
   * Is this value accepted now: that of the current version, or of a previous one inside its window? Never that of a
   * pending one. The hashing and comparing is the same whatever is presented, how many versions live, and whether
   * the secret exists; the time of the backend's read is the backend's.
   *
   * Works for both kinds. An unknown name is refused like a wrong value. Where a window turns out to be over and
   * that cannot be written, a current value is accepted all the same and everything else rejects with the backend's
   * error.
   */
  verify(name: string, presented: string | Secret, options?: AbortOptions): Promise<VerifyResult>;

  /**
   * Makes a new version current and the current one previous, accepted for `graceMs` more.
   *
   * Without hooks this is one write. With them: the candidate is stored as pending, then `create`, `set` and `test`
   * run, then one write commits, then `finish` runs. A hook that fails before the commit leads to `undo`, and the
   * current version stays. After a crash, or an abort, the next `rotate` goes on with the same candidate; where its
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
   */
  rotate(name: string, options: RotateOptions): Promise<RotateResult>;

  /**
   * Ends all open windows now. Durable before it returns: every store over the same backend refuses the previous
   * versions from its next call on. Calling it again is no error.
   *
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   */
  expireGrace(name: string, options?: ChangeOptions): Promise<ExpireGraceResult>;

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
}
