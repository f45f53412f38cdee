import type { Json, JsonObject } from "@keelson/core";
import { contentHash } from "./bundle-id.ts";

/**
 * What happened.
 *
 * - `registered`: a release was registered.
 * - `promoted`: it became live, by hand or at the end of its ramp.
 * - `rolledBack`: `release` is what serves now, `previous` what was left.
 * - `canaryJudged`: a canary of it came to a verdict; no traffic moved.
 * - `rampStarted`, `rampAdvanced`: its share of the traffic grew.
 * - `rampPaused`, `rampResumed`: its share stays as it is until it is resumed; by hand or by a guard.
 * - `rampReady`, `rampApproved`, `rampUnready`: a stage waits for approval, got one, lost the evidence that was approved.
 * - `rampBreached`: a gate or guard spoke against it, or its budget was used up, and its share went to zero.
 */
export type AuditEventType =
  | "registered"
  | "promoted"
  | "rolledBack"
  | "canaryJudged"
  | "rampStarted"
  | "rampAdvanced"
  | "rampPaused"
  | "rampResumed"
  | "rampReady"
  | "rampApproved"
  | "rampUnready"
  | "rampBreached";

/** What is known of a change when it is made. */
export interface AuditEventFacts {
  readonly type: AuditEventType;
  /** The release it is about. */
  readonly release: string;
  /** The release that served until then, where it is another one; of a ramp its baseline. */
  readonly previous?: string | undefined;
  /** Who did it. Absent where the manager acted by itself. */
  readonly by?: string | undefined;
  /** Why. */
  readonly why?: string | undefined;
  /** What the decision stood on: counts, means, shares. */
  readonly evidence?: JsonObject | undefined;
}

/** One entry of the audit log, committed together with the change it tells of. */
export interface AuditEvent extends AuditEventFacts {
  /** 1, 2, 3 and so on, without a gap. */
  readonly sequence: number;
  /** When, in epoch milliseconds by the manager's clock. */
  readonly atMs: number;
  /** The hash of the event before; 64 zeros before the first. */
  readonly previousHash: string;
  /** The SHA-256, in hexadecimal, of the canonical JSON (RFC 8785) of all the other properties. */
  readonly hash: string;
}

/** Where the chain stands: enough to tell later whether anything before it was changed. */
export interface AuditAnchor {
  /** The newest event's sequence; 0 before the first. */
  readonly sequence: number;
  /** The newest event's hash. */
  readonly hash: string;
}

/** Where every chain starts. */
export const FIRST_ANCHOR: AuditAnchor = Object.freeze({ sequence: 0, hash: "0".repeat(64) });

/** The next event of a chain. */
export function sealEvent(facts: AuditEventFacts, after: AuditAnchor, atMs: number): AuditEvent {
  const given = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  const event = { ...given, sequence: after.sequence + 1, atMs, previousHash: after.hash } as Omit<
    AuditEvent,
    "hash"
  >;
  return { ...event, hash: hashEvent(event) };
}

/** The hash an event must have. */
export function hashEvent(event: Omit<AuditEvent, "hash">): string {
  const { hash: _, ...rest } = event as AuditEvent;
  return contentHash(rest as unknown as Json);
}
