import type { RotationSchedule } from "./rotation-types.ts";
import type { RotationPhase, SecretKind, VersionStage } from "./stored-secret.ts";
import type { ClockJump } from "./timekeeper.ts";
import type { ConsumerUsage } from "./usage.ts";

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
  /** Who has presented it, by name of the consumer. Without a `state`, to this store alone. */
  readonly usage: readonly ConsumerUsage[];
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
  /** How often it is to be rotated; `undefined` where that is not scheduled. */
  readonly schedule: RotationSchedule | undefined;
  /** The jump that the wall clock has made, as this store sees it; `undefined` while it is believed. */
  readonly clockJump: ClockJump | undefined;
}

/** A rotation that has not ended. */
export interface RotationStatus {
  /** The version it is to bring. */
  readonly version: number;
  /** The step that comes next. */
  readonly phase: RotationPhase;
  /** The hooks it was begun with; whoever takes it up gives them again. */
  readonly hooks: readonly string[];
  /** Which try of setting and testing the candidate this is, 1 or 2. */
  readonly attempt: number;
}
