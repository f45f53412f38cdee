import { type AbortOptions, scanState } from "@keelson/core";
import type { AuditEvent, AuditEventType } from "./audit-event.ts";
import { checkWhole } from "./check-argument.ts";
import type { Context } from "./context.ts";
import { fromJson } from "./head.ts";

/** What {@link ReleaseManager.history} takes. */
export interface HistoryOptions extends AbortOptions {
  /** Start behind the event of this sequence. Default: from the first. */
  readonly after?: number | undefined;
  /** The most events to return, at least 1. Default 1,000. */
  readonly limit?: number | undefined;
  /** Only events about this release. */
  readonly release?: string | undefined;
  /** Only events of these types. */
  readonly types?: readonly AuditEventType[] | undefined;
}

export async function history(
  { state, keys }: Context,
  { after = 0, limit = 1000, release, types, signal }: HistoryOptions,
): Promise<AuditEvent[]> {
  checkWhole("after", after, 0);
  checkWhole("limit", limit, 1);
  signal?.throwIfAborted();
  const events: AuditEvent[] = [];
  for await (const { value } of scanState(state, {
    prefix: keys.audits,
    after: keys.audit(after),
    signal,
  })) {
    const event = fromJson<AuditEvent>(value);
    if (release !== undefined && event.release !== release) continue;
    if (types !== undefined && !types.includes(event.type)) continue;
    events.push(event);
    if (events.length === limit) break;
  }
  return events;
}
