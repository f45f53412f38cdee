import { createHash } from "node:crypto";
import { type AuditHead, appendEvent, headOf } from "./audit.ts";
import type { StoredSecret, StoredVersion } from "./stored-secret.ts";

/**
 * What has ended for good of one secret. It only ever grows, and is kept apart from the secret's record, so that no
 * older copy of the record can bring anything back.
 */
export interface Endings {
  /** The highest version number given out. */
  readonly newest: number;
  /** Every version up to this one is revoked, */
  readonly upTo: number;
  /** and so are these. */
  readonly also: readonly number[];
  /** The deadlines of versions that were replaced, as pairs of version and epoch milliseconds. */
  readonly deadlines: readonly (readonly [version: number, expiresAtMs: number])[];
  /** The newest audit event. Equal heads have equal endings, since every ending is an event. */
  readonly head: AuditHead;
}

/** Names one life of a secret: another secret of the same name, put after a deletion, has another one. */
export function lifeOf({ key }: StoredSecret): string {
  return createHash("sha256").update("life").update(key).digest("hex").slice(0, 16);
}

/** What a record says has ended. */
export function endingsOf(secret: StoredSecret): Endings {
  const { newest, versions } = secret;
  const living = new Set(versions.filter(({ stage }) => stage !== "revoked").map(({ version }) => version));
  // What is not listed below what is listed was revoked long ago. What is not listed above it is not known here.
  const first = versions[0]?.version ?? 1;
  const last = versions.at(-1)?.version ?? 0;
  const listed = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const also = listed.filter((version) => !living.has(version));
  const deadlines = versions.flatMap(({ version, stage, expiresAtMs }) =>
    stage === "previous" && expiresAtMs !== undefined ? [[version, expiresAtMs] as const] : [],
  );
  return compact({ newest, upTo: first - 1, also, deadlines, head: headOf(secret.audit) });
}

/** All that has ended by the one or the other. */
export function union(a: Endings | undefined, b: Endings): Endings {
  if (a === undefined) return b;
  const deadlines = new Map(a.deadlines);
  for (const [version, deadline] of b.deadlines)
    deadlines.set(version, Math.min(deadline, deadlines.get(version) ?? deadline));
  return compact({
    newest: Math.max(a.newest, b.newest),
    upTo: Math.max(a.upTo, b.upTo),
    also: [...new Set([...a.also, ...b.also])],
    deadlines: [...deadlines],
    head: a.head.seq > b.head.seq ? a.head : b.head,
  });
}

/**
 * The record with what is known to have ended. Gives the same object back where it says so itself; one that does not
 * is an older copy, which the audit then tells.
 */
export function withEndings(secret: StoredSecret, known: Endings | undefined, now: number): StoredSecret {
  if (known === undefined) return secret;
  const { seq, hash } = headOf(secret.audit);
  if (seq > known.head.seq || (seq === known.head.seq && hash === known.head.hash)) return secret;
  const newest = Math.max(secret.newest, known.newest);
  const versions = secret.versions.map((version) => withEnding(version, known));
  const pending = versions.some(({ stage }) => stage === "pending");
  const event = { atMs: now, action: "restored", version: newest } as const;
  return {
    ...secret,
    newest,
    versions,
    rotation: secret.rotation?.phase === "finish" || pending ? secret.rotation : undefined,
    audit: appendEvent(secret.name, secret.audit, event, known.head),
  };
}

function withEnding(stored: StoredVersion, { upTo, also, deadlines }: Endings): StoredVersion {
  const { version, stage, createdAtMs, fingerprint } = stored;
  const deadline = deadlines.find(([replaced]) => replaced === version)?.[1];
  const revoked =
    version <= upTo || also.includes(version) || (stage === "pending" && deadline !== undefined);
  if (stage === "revoked") return stored;
  if (revoked) return { version, stage: "revoked", createdAtMs, fingerprint };
  if (deadline === undefined || stage === "pending") return stored;
  return { ...stored, stage: "previous", expiresAtMs: Math.min(deadline, stored.expiresAtMs ?? deadline) };
}

function compact({ newest, upTo, also, deadlines, head }: Endings): Endings {
  const beyond = new Set(also.filter((version) => version > upTo));
  let floor = upTo;
  while (beyond.delete(floor + 1)) floor += 1;
  return {
    newest,
    upTo: floor,
    also: [...beyond].sort((a, b) => a - b),
    deadlines: deadlines.filter(([version]) => version > floor && !beyond.has(version)),
    head,
  };
}
