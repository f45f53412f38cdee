import { createHash } from "node:crypto";
import { argumentInvalid } from "@keelson/core";

const KEPT = 128;

/** What can be done to a secret. */
export type AuditAction =
  | "put"
  | "rotation-begun"
  | "rotation-failed"
  | "rotated"
  | "grace-expired"
  | "grace-ended"
  | "revoked"
  | "scheduled"
  | "restored";

/** One change of a secret. */
export interface AuditEvent {
  /** Its number, from 1, without gaps. */
  readonly seq: number;
  /** When, by the clock of the process that did it, in epoch milliseconds. */
  readonly atMs: number;
  /**
   * What: `"put"`, `"rotation-begun"` (a candidate is pending), `"rotation-failed"` (the candidate was taken back),
   * `"rotated"` (it is current), `"grace-expired"` (a window was found over), `"grace-ended"` (by `expireGrace`, or by
   * a rotation without grace), `"revoked"`, `"scheduled"` (rotation was scheduled, or no longer), `"restored"` (the
   * record was found to be an older copy of itself; the events since are lost).
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

/** Which event is the newest. Kept elsewhere, it shows that events were cut off the end, or written anew. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** What the `audit` of a secret gives. */
export interface AuditReport {
  /** The last 128 events, oldest first; fewer where the backend limits the record's size. */
  readonly events: readonly AuditEvent[];
  /** How many older ones are no longer kept. `events[0].previousHash` is the hash of the last of them. */
  readonly dropped: number;
  /** The newest event: keep it elsewhere, and give it to {@link verifyAudit} later. */
  readonly head: AuditHead;
  /** What {@link verifyAudit} says of them. */
  readonly intact: boolean;
}

/** What {@link verifyAudit} found. */
export type AuditVerdict =
  | { readonly intact: true }
  | {
      readonly intact: false;
      /** The first event that does not fit, or that is missing. */
      readonly seq: number;
      /** `"changed"`: an event was altered, removed, added or moved. `"cut"`: the newest ones are missing. */
      readonly fault: "changed" | "cut";
    };

/** The audit as stored. */
export interface AuditLog {
  readonly dropped: number;
  readonly events: readonly AuditEvent[];
}

/** What the caller of `appendEvent` knows of an event. */
export type NewEvent = Omit<AuditEvent, "seq" | "previousHash" | "hash">;

const GENESIS = "0".repeat(64);

/** The newest event of a log. */
export function headOf({ events }: AuditLog): AuditHead {
  const { seq = 0, hash = GENESIS } = events.at(-1) ?? {};
  return { seq, hash };
}

/** The log with one event more, and the oldest dropped where it grows too long. */
export function appendEvent(
  name: string,
  log: AuditLog,
  event: NewEvent,
  after: AuditHead = headOf(log),
): AuditLog {
  const linked = { ...event, seq: after.seq + 1, previousHash: after.hash };
  return shortened({ ...log, events: [...log.events, { ...linked, hash: hashEvent(name, linked) }] }, KEPT);
}

/** The log's last events, and the others counted as dropped. */
export function shortened({ dropped, events }: AuditLog, kept: number): AuditLog {
  if (events.length <= kept) return { dropped, events };
  const last = events.slice(-kept);
  // By number: events lost with an older copy of the record are among the dropped.
  return { dropped: (last[0]?.seq ?? 1) - 1, events: last };
}

/** The log for reading, with its chain checked. */
export function reportAudit(name: string, log: AuditLog): AuditReport {
  const { events, dropped } = log;
  return { events, dropped, head: headOf(log), intact: verifyAudit(name, log).intact };
}

/**
 * Checks the chain of an audit, or of a copy of it. Without `head` it shows what was done to events in the middle; who
 * can write the record can write a new chain, and can cut its end. With a `head` kept elsewhere it shows that too. A
 * store that has a `state` keeps the head there by itself.
 *
 * @param name The secret's name, which is in every hash.
 * @param head The newest event at an earlier time. One that is no longer kept proves nothing.
 * @throws KeelsonError ARGUMENT_INVALID when there is no list of events.
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore, verifyAudit } from "@keelson/secrets";
 *
 * const secrets = createSecretStore(createMemoryStorage());
 * await secrets.put("api");
 * await secrets.rotate("api", { graceMs: 0 });
 * const { events, dropped, head } = await secrets.audit("api");
 * console.log(verifyAudit("api", { events, dropped }, head)); // { intact: true }
 * console.log(verifyAudit("api", { events: events.slice(0, 2), dropped }, head));
 * // { intact: false, seq: 3, fault: 'cut' }
 * ```
 */
export function verifyAudit(
  name: string,
  audit: Pick<AuditReport, "events" | "dropped">,
  head?: AuditHead | undefined,
): AuditVerdict {
  const { events, dropped } = audit ?? {};
  if (!Array.isArray(events)) throw argumentInvalid("audit", "has no list of events");
  let seq = dropped;
  let previousHash = dropped === 0 ? GENESIS : events[0]?.previousHash;
  for (const event of events) {
    if (head?.seq === seq && head.hash !== previousHash) return { intact: false, seq, fault: "changed" };
    seq += 1;
    if (event.seq !== seq || event.previousHash !== previousHash || event.hash !== hashEvent(name, event))
      return { intact: false, seq, fault: "changed" };
    previousHash = event.hash;
  }
  if (head === undefined || head.seq < seq) return { intact: true };
  if (head.seq > seq) return { intact: false, seq: seq + 1, fault: "cut" };
  return head.hash === previousHash ? { intact: true } : { intact: false, seq, fault: "changed" };
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
