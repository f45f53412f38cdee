import { createHash } from "node:crypto";

const KEPT = 128;

/** What can be done to a secret. */
export type AuditAction =
  | "put"
  | "rotation-begun"
  | "rotation-failed"
  | "rotated"
  | "grace-expired"
  | "grace-ended"
  | "revoked";

/** One change of a secret. */
export interface AuditEvent {
  /** Its number, from 1, without gaps. */
  readonly seq: number;
  /** When, by the clock of the process that did it, in epoch milliseconds. */
  readonly atMs: number;
  /**
   * What: `"put"`, `"rotation-begun"` (a candidate is pending), `"rotation-failed"` (the candidate was taken back),
   * `"rotated"` (it is current), `"grace-expired"` (a window was found over), `"grace-ended"` (by `expireGrace`, or by
   * a rotation without grace), `"revoked"`.
   */
  readonly action: AuditAction;
  /** The version it was done to. */
  readonly version: number;
  /** The version's keyed fingerprint, where it had a value. */
  readonly fingerprint?: string | undefined;
  /** Who asked for it, as the caller said. */
  readonly by?: string | undefined;
  /** Why, as the caller said. */
  readonly why?: string | undefined;
  /** The hash of the event before; 64 zeros for the first. */
  readonly previousHash: string;
  /**
   * SHA-256, in hexadecimal, of the JSON text of
   * `[name, seq, atMs, action, version, fingerprint, by, why, previousHash]`, with `null` for what is absent.
   */
  readonly hash: string;
}

/** What the `audit` of a secret gives. */
export interface AuditReport {
  /** The last 128 events, oldest first. */
  readonly events: readonly AuditEvent[];
  /** How many older ones are no longer kept. `events[0].previousHash` is the hash of the last of them. */
  readonly dropped: number;
  /**
   * Do the hashes fit? The chain shows a change in the middle. Who can write the record can write a new chain: keep
   * the newest `hash` elsewhere to notice that, and copy events away to keep them for longer.
   */
  readonly intact: boolean;
}

/** The audit as stored. */
export interface AuditLog {
  readonly dropped: number;
  readonly events: readonly AuditEvent[];
}

/** What the caller of `appendEvent` knows of an event. */
export type NewEvent = Omit<AuditEvent, "seq" | "previousHash" | "hash">;

const GENESIS = "0".repeat(64);

/** The log with one event more, and the oldest dropped where it grows too long. */
export function appendEvent(name: string, log: AuditLog, event: NewEvent): AuditLog {
  const last = log.events.at(-1);
  const linked = { ...event, seq: (last?.seq ?? 0) + 1, previousHash: last?.hash ?? GENESIS };
  const events = [...log.events, { ...linked, hash: hashEvent(name, linked) }];
  const surplus = Math.max(0, events.length - KEPT);
  return { dropped: log.dropped + surplus, events: events.slice(surplus) };
}

/** The log for reading, with its chain checked. */
export function reportAudit(name: string, log: AuditLog): AuditReport {
  return { events: log.events, dropped: log.dropped, intact: isIntact(name, log) };
}

function isIntact(name: string, { events, dropped }: AuditLog): boolean {
  let seq = dropped;
  let previousHash = dropped === 0 ? GENESIS : events[0]?.previousHash;
  for (const event of events) {
    seq += 1;
    if (event.seq !== seq || event.previousHash !== previousHash || event.hash !== hashEvent(name, event))
      return false;
    previousHash = event.hash;
  }
  return true;
}

function hashEvent(name: string, event: Omit<AuditEvent, "hash">): string {
  const { seq, atMs, action, version, fingerprint, by, why, previousHash } = event;
  const text = JSON.stringify([
    name,
    seq,
    atMs,
    action,
    version,
    fingerprint ?? null,
    by ?? null,
    why ?? null,
    previousHash,
  ]);
  return createHash("sha256").update(text).digest("hex");
}
