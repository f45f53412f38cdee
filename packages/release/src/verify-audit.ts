import { type AbortOptions, scanState } from "@keelson/core";
import { type AuditAnchor, type AuditEvent, FIRST_ANCHOR, hashEvent } from "./audit-event.ts";
import type { Context } from "./context.ts";
import { fromJson } from "./head.ts";

/** What {@link ReleaseManager.verifyAudit} takes. */
export interface VerifyAuditOptions extends AbortOptions {
  /**
   * An anchor that an earlier check returned and that was kept elsewhere. Who can write the store can make a new
   * chain, sound in itself; it cannot make one that leads through this anchor.
   */
  readonly anchor?: AuditAnchor | undefined;
}

/** What {@link ReleaseManager.verifyAudit} found. */
export interface AuditReport {
  /** Is every event there, unchanged and in its place? */
  readonly valid: boolean;
  /** How many events are sound, from the first on. */
  readonly events: number;
  /** Where the sound part ends. Keep it elsewhere to check against later. */
  readonly anchor: AuditAnchor;
  /** The first fault. */
  readonly fault?: { readonly sequence: number; readonly reason: string } | undefined;
}

export async function verifyAudit(
  { state, keys, journal }: Context,
  { anchor: expected, signal }: VerifyAuditOptions,
): Promise<AuditReport> {
  // Events that are added while this reads are checked another time.
  const { head } = await journal.read([], { signal });
  const newest = head.audit;
  let anchor = FIRST_ANCHOR;
  const fault = (reason: string, sequence = anchor.sequence + 1): AuditReport => ({
    valid: false,
    events: anchor.sequence,
    anchor,
    fault: { sequence, reason },
  });

  for await (const { key, value } of scanState(state, { prefix: keys.audits, signal })) {
    const event = fromJson<AuditEvent | null>(value);
    if (anchor.sequence === newest.sequence) {
      // The events of commits since the head was read, or one put behind the chain.
      const { head: later } = await journal.read([], { signal });
      if (later.audit.sequence > newest.sequence) break;
      return fault("stands behind the newest event");
    }
    const sequence = anchor.sequence + 1;
    if (key !== keys.audit(sequence)) return fault("missing");
    if (event === null) return fault("changed");
    if (event.sequence !== sequence || event.previousHash !== anchor.hash) return fault("out of its place");
    if (event.hash !== hashEvent(event)) return fault("changed");
    anchor = { sequence, hash: event.hash };
    if (expected?.sequence === sequence && expected.hash !== event.hash) {
      return fault("not the event of the anchor", sequence);
    }
  }

  if (anchor.sequence < newest.sequence) return fault("missing");
  if (anchor.hash !== newest.hash) return fault("not the newest event that the head names", anchor.sequence);
  if (expected !== undefined && expected.sequence > anchor.sequence) {
    return fault("the anchor lies behind the newest event", expected.sequence);
  }
  return { valid: true, events: anchor.sequence, anchor };
}
