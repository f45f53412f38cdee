import { type AuditAction, appendEvent } from "./audit.ts";
import type { ValueDigest } from "./digest.ts";
import type { OverlapPolicy, RotationSchedule } from "./rotation-types.ts";
import type {
  RotationPhase,
  SecretKind,
  StoredRotation,
  StoredSecret,
  StoredVersion,
} from "./stored-secret.ts";

// Every way in which a record changes. Pure: from one whole record to the next, which one write then stores.

const REVOKED_KEPT = 16;

/** When a change happens and who makes it. */
export interface Change {
  readonly now: number;
  readonly by?: string | undefined;
  readonly why?: string | undefined;
}

/** A value with what is stored to recognise it by. */
export interface Candidate extends ValueDigest {
  readonly value: string;
}

export function currentOf(secret: StoredSecret): StoredVersion | undefined {
  return secret.versions.find(({ stage }) => stage === "current");
}

export function versionOf(secret: StoredSecret, version: number): StoredVersion | undefined {
  return secret.versions.find((stored) => stored.version === version);
}

export function previousOf(secret: StoredSecret): StoredVersion[] {
  return secret.versions.filter(({ stage }) => stage === "previous");
}

/** Is this a previous version whose deadline has passed? */
function isOver(version: StoredVersion, now: number): boolean {
  return version.stage === "previous" && version.expiresAtMs !== undefined && version.expiresAtMs <= now;
}

/** A new secret with one version. */
export function created(
  name: string,
  kind: SecretKind,
  key: string,
  candidate: Candidate,
  change: Change,
): StoredSecret {
  const empty: StoredSecret = {
    format: 1,
    name,
    kind,
    key,
    newest: 1,
    versions: [],
    audit: { dropped: 0, events: [] },
  };
  const first: StoredVersion = {
    version: 1,
    stage: "current",
    createdAtMs: change.now,
    ...stored(kind, candidate),
  };
  return logged(withVersion(empty, first), "put", 1, change);
}

/** Windows that are over, closed for good. Gives the same object back where there is none. */
export function settled(secret: StoredSecret, now: number): StoredSecret {
  const over = secret.versions.filter((version) => isOver(version, now));
  return over.reduce((next, { version }) => ended(next, version, "grace-expired", { now }), secret);
}

/** A rotation journalled: a pending version, with the candidate where it is known. */
export function begun(
  secret: StoredSecret,
  candidate: Candidate | undefined,
  journal: Pick<StoredRotation, "hooks" | "graceMs" | "onOverlap">,
  change: Change,
): StoredSecret {
  const version = secret.newest + 1;
  const pending: StoredVersion = {
    version,
    stage: "pending",
    createdAtMs: change.now,
    ...(candidate && stored(secret.kind, candidate)),
  };
  const phase = candidate === undefined ? "create" : "set";
  const next = {
    ...withVersion(secret, pending),
    newest: version,
    rotation: { version, phase, attempt: 1, ...journal },
  } as const;
  return logged(next, "rotation-begun", version, change);
}

/** The pending version with the candidate that the `create` hook made. */
export function candidateMade(secret: StoredSecret, version: number, candidate: Candidate): StoredSecret {
  const pending = versionOf(secret, version);
  if (pending === undefined) return secret;
  return inPhase(withVersion(secret, { ...pending, ...stored(secret.kind, candidate) }), "set");
}

/** What {@link committed} decides by. */
export interface Commit extends Change {
  readonly graceMs: number;
  readonly onOverlap: OverlapPolicy;
  /** Is there a `finish` hook to run afterwards? */
  readonly finish: boolean;
}

/** The candidate current, and the current version previous: the one step at which a rotation takes place. */
export function committed(
  secret: StoredSecret,
  version: number,
  candidate: Candidate,
  commit: Commit,
): StoredSecret {
  const { now, graceMs, finish } = commit;
  const replaced = currentOf(secret);
  let next = secret;
  if (commit.onOverlap === "revoke-previous")
    for (const previous of previousOf(secret)) next = ended(next, previous.version, "grace-ended", commit);
  if (replaced !== undefined)
    next =
      graceMs === 0
        ? ended(next, replaced.version, "grace-ended", commit)
        : withVersion(next, { ...replaced, stage: "previous", expiresAtMs: now + graceMs });
  const createdAtMs = versionOf(secret, version)?.createdAtMs ?? now;
  next = withVersion(next, { version, stage: "current", createdAtMs, ...stored(secret.kind, candidate) });
  const journal = { attempt: 1, graceMs, onOverlap: commit.onOverlap };
  const rotation = finish
    ? ({ version, phase: "finish", hooks: ["finish"], ...journal } as const)
    : undefined;
  return logged({ ...next, newest: Math.max(next.newest, version), rotation }, "rotated", version, commit);
}

/** The candidate, once refused, to be tried again. */
export function retrying(secret: StoredSecret): StoredSecret {
  const { rotation } = secret;
  return rotation === undefined
    ? secret
    : { ...secret, rotation: { ...rotation, attempt: rotation.attempt + 1 } };
}

/** The rotation on its way back. */
export function undoing(secret: StoredSecret): StoredSecret {
  return inPhase(secret, "undo");
}

/** The rotation given up, its candidate revoked. */
export function undone(secret: StoredSecret, version: number, change: Change): StoredSecret {
  return ended({ ...secret, rotation: undefined }, version, "rotation-failed", change);
}

/** The rotation's journal closed after its `finish` hook. */
export function finished(secret: StoredSecret): StoredSecret {
  return { ...secret, rotation: undefined };
}

/** Rotation scheduled, or no longer. */
export function scheduled(
  secret: StoredSecret,
  schedule: RotationSchedule | undefined,
  change: Change,
): StoredSecret {
  return logged({ ...secret, schedule }, "scheduled", secret.newest, change);
}

/** One version revoked, and nothing left of its value. */
export function ended(
  secret: StoredSecret,
  version: number,
  action: AuditAction,
  change: Change,
): StoredSecret {
  const before = versionOf(secret, version);
  if (before === undefined || before.stage === "revoked") return secret;
  const { createdAtMs, fingerprint } = before;
  const revoked: StoredVersion = {
    version,
    stage: "revoked",
    createdAtMs,
    fingerprint,
    revokedAtMs: change.now,
  };
  return logged(pruned(withVersion(secret, revoked)), action, version, change);
}

function stored(kind: SecretKind, { value, digest, fingerprint }: Candidate): Partial<StoredVersion> {
  return kind === "use" ? { value, digest, fingerprint } : { digest, fingerprint };
}

function inPhase(secret: StoredSecret, phase: RotationPhase): StoredSecret {
  return secret.rotation === undefined ? secret : { ...secret, rotation: { ...secret.rotation, phase } };
}

function withVersion(secret: StoredSecret, version: StoredVersion): StoredSecret {
  const others = secret.versions.filter((other) => other.version !== version.version);
  return { ...secret, versions: [...others, version].sort((a, b) => a.version - b.version) };
}

function pruned(secret: StoredSecret): StoredSecret {
  const revoked = secret.versions.filter(({ stage }) => stage === "revoked");
  const surplus = new Set(revoked.slice(0, Math.max(0, revoked.length - REVOKED_KEPT)));
  return { ...secret, versions: secret.versions.filter((version) => !surplus.has(version)) };
}

function logged(secret: StoredSecret, action: AuditAction, version: number, change: Change): StoredSecret {
  const { now: atMs, by, why } = change;
  const fingerprint = versionOf(secret, version)?.fingerprint;
  return {
    ...secret,
    audit: appendEvent(secret.name, secret.audit, { atMs, action, version, fingerprint, by, why }),
  };
}
