import type { AbortOptions, Secret } from "@keelson/core";
import type { RotationHooks } from "./rotation-hooks.ts";
import type { ChangeOptions } from "./secret-store.ts";

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

/** What {@link SecretStore.resume} takes. */
export interface ResumeOptions extends ChangeOptions {
  /** The hooks the rotation was begun with. */
  readonly hooks?: RotationHooks | undefined;
}

/** What {@link SecretStore.resume} did. */
export interface ResumeResult {
  /**
   * `"none"`: there was nothing to do. `"completed"`: the new version is current. `"taken-back"`: the old one stays,
   * since the candidate was refused or its value is no longer known.
   */
  readonly outcome: "none" | "completed" | "taken-back";
  /** The version that the rotation was to bring. */
  readonly version: number | undefined;
  /** The new value, where this call made it current. For kind `"verify"` this is the only time it is shown. */
  readonly secret: Secret | undefined;
}

/** How often a secret is to be rotated. */
export interface RotationSchedule {
  /** How old the current version may become: a whole number of milliseconds, more than `graceMs`. */
  readonly everyMs: number;
  /** How long the replaced version is then still accepted. */
  readonly graceMs: number;
}

/** What {@link SecretStore.due} takes. */
export interface DueOptions extends AbortOptions {
  /** Also what will be due within this time. Default 0. */
  readonly withinMs?: number | undefined;
  /** Told of a secret whose record cannot be read, which is left out then. Without it the call rejects. */
  readonly onFailed?: ((failure: RotationFailure) => void) | undefined;
}

/** Something that did not work. */
export interface RotationFailure {
  /** Which secret; `undefined` where they could not be listed. */
  readonly name: string | undefined;
  /** Why. */
  readonly error: unknown;
}

/** One secret that waits to be rotated. */
export interface DueRotation {
  readonly name: string;
  /**
   * `"unfinished"`: a rotation was begun and not ended; {@link SecretStore.resume} takes it up. `"scheduled"`: the
   * current version is too old.
   */
  readonly reason: "unfinished" | "scheduled";
  /** The current version. As `ifVersion` of `rotate` it makes sure that the rotation takes place once. */
  readonly version: number | undefined;
  /** Since when, or from when on, in epoch milliseconds. */
  readonly dueAtMs: number;
  /** As scheduled; `undefined` for an unfinished rotation, which has its own. */
  readonly graceMs: number | undefined;
}
