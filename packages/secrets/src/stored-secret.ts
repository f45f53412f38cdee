import { argumentInvalid, KeelsonError, Secret } from "@keelson/core";
import { type AuditLog, shortened } from "./audit.ts";
import { decodeToken } from "./digest.ts";
import type { OverlapPolicy, RotationSchedule } from "./rotation-types.ts";

/**
 * What a secret is for.
 *
 * - `"use"`: the value is stored, sealed where the backend seals, and can be read back.
 * - `"verify"`: only HMAC-SHA-256 of the value is stored, under a random key of this secret that lies in the same
 *   record. Whoever reads the record can neither read the value back nor see that two secrets are equal, but can
 *   test guesses, as fast as a hash runs. That is out of reach for random values of 128 bits and more, which need no
 *   slow hash, and no protection for passwords: keep those in something made for them.
 */
export type SecretKind = "use" | "verify";

/**
 * Where a version stands. Only `"current"` and, inside its window, `"previous"` are accepted; nothing of the value of
 * a `"revoked"` version is stored.
 */
export type VersionStage = "pending" | "current" | "previous" | "revoked";

/**
 * What a rotation does next: make the candidate, `set` and test it, take it back, or run the `finish` hook after the
 * commit.
 */
export type RotationPhase = "create" | "set" | "undo" | "finish";

/** One version as stored. */
export interface StoredVersion {
  readonly version: number;
  readonly stage: VersionStage;
  readonly createdAtMs: number;
  readonly fingerprint?: string | undefined;
  /** HMAC-SHA-256 of the value in base64url. Absent once revoked, and before there is a candidate. */
  readonly digest?: string | undefined;
  /** Kind `"use"` alone, as long as there is a digest. */
  readonly value?: string | undefined;
  readonly expiresAtMs?: number | undefined;
  readonly revokedAtMs?: number | undefined;
}

/** The journal of a rotation that has not ended. */
export interface StoredRotation {
  readonly version: number;
  readonly phase: RotationPhase;
  readonly hooks: readonly string[];
  /** How often the candidate was set and tested, this time included: it is tried twice. */
  readonly attempt: number;
  /** As asked for when it was begun. */
  readonly graceMs: number;
  readonly onOverlap: OverlapPolicy;
}

/** Everything about one secret: the payload of its record, as JSON. */
export interface StoredSecret {
  readonly format: 1;
  readonly name: string;
  readonly kind: SecretKind;
  /** The HMAC key, 32 random bytes in base64url. */
  readonly key: string;
  /** The highest version number given out. */
  readonly newest: number;
  /** Ascending. Versions up to `newest` that are not listed were revoked long ago. */
  readonly versions: readonly StoredVersion[];
  readonly rotation?: StoredRotation | undefined;
  readonly schedule?: RotationSchedule | undefined;
  readonly audit: AuditLog;
}

/**
 * The record with as many of its audit events as its payload has room for.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the values alone have none.
 */
export function fitted(secret: StoredSecret, maxPayloadBytes: number | undefined): StoredSecret {
  if (maxPayloadBytes === undefined) return secret;
  let next = secret;
  for (;;) {
    const { length } = next.audit.events;
    if (Buffer.byteLength(JSON.stringify(next)) <= maxPayloadBytes) return next;
    if (length <= 1) throw argumentInvalid("value", `does not fit into a record of ${maxPayloadBytes} bytes`);
    next = { ...next, audit: shortened(next.audit, Math.max(1, Math.floor(length * 0.75))) };
  }
}

/** The record's payload, to be written. */
export function sealSecret(secret: StoredSecret): Secret {
  return new Secret(JSON.stringify(secret), { name: secret.name, version: secret.newest });
}

/**
 * Reads a record's payload.
 *
 * @throws KeelsonError SECRET_UNREADABLE when it is not what this store wrote under that name.
 */
export function openSecret(name: string, payload: Secret): StoredSecret {
  const stored = parse(name, payload);
  const fault = findFault(name, stored);
  if (fault !== undefined) throw unreadable(name, fault);
  return stored as StoredSecret;
}

function parse(name: string, payload: Secret): unknown {
  try {
    return JSON.parse(payload.expose());
  } catch {
    // The engine's message quotes the text, so it is no cause.
    throw unreadable(name, "not JSON");
  }
}

function unreadable(name: string, reason: string): KeelsonError<"SECRET_UNREADABLE"> {
  return new KeelsonError("SECRET_UNREADABLE", `the record of secret ${name} cannot be read: ${reason}`, {
    details: { name, reason },
  });
}

function findFault(name: string, stored: unknown): string | undefined {
  if (!isObject(stored)) return "not an object";
  if (stored.format !== 1) return "of an unknown format";
  if (stored.name !== name) return "written under another name";
  if (stored.kind !== "use" && stored.kind !== "verify") return "of an unknown kind";
  if (decodeToken(stored.key) === undefined) return "without a key";
  if (!isCount(stored.newest)) return "without a version number";
  const { versions, rotation, schedule, audit } = stored;
  if (!Array.isArray(versions) || !versions.every((version) => isVersion(version, stored.kind)))
    return "with a malformed version";
  if (versions.filter((version) => version.stage === "current").length > 1)
    return "with two current versions";
  if (rotation !== undefined && !isRotation(rotation, versions)) return "with a malformed rotation";
  if (schedule !== undefined && !isSchedule(schedule)) return "with a malformed schedule";
  if (!isObject(audit) || !Array.isArray(audit.events) || !audit.events.every(isObject))
    return "with a malformed audit";
  return undefined;
}

function isVersion(version: unknown, kind: unknown): version is StoredVersion {
  if (!isObject(version) || !isCount(version.version) || !Number.isFinite(version.createdAtMs)) return false;
  const { stage, digest, value, expiresAtMs } = version;
  const whole = decodeToken(digest) !== undefined && (kind === "verify" || typeof value === "string");
  if (stage === "previous") return whole && Number.isFinite(expiresAtMs);
  if (stage === "current") return whole;
  return stage === "revoked" || (stage === "pending" && (whole || digest === undefined));
}

function isRotation(rotation: unknown, versions: readonly StoredVersion[]): boolean {
  if (!isObject(rotation) || !Array.isArray(rotation.hooks)) return false;
  const { phase, version, attempt, graceMs, onOverlap } = rotation;
  if (!isCount(attempt) || !isCount(graceMs) || typeof onOverlap !== "string") return false;
  const listed = versions.find((candidate) => candidate.version === version);
  if (phase === "finish") return isCount(version);
  if (phase === "set") return listed?.stage === "pending" && listed.digest !== undefined;
  return (phase === "create" || phase === "undo") && listed?.stage === "pending";
}

function isSchedule(schedule: unknown): boolean {
  return isObject(schedule) && isCount(schedule.everyMs) && isCount(schedule.graceMs);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
