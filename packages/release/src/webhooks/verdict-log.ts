import type { AbortOptions } from "@keelson/core";
import type { AuditEvent } from "../audit-event.ts";
import type { VerdictKind } from "../gate.ts";
import type { ReleaseManager } from "../release-manager.ts";

/** The last that the audit log says for or against a release. */
interface LastVerdict {
  readonly verdict: VerdictKind;
  readonly reason: string;
  /** The sequence of the event. */
  readonly sequence: number;
  /** When, in epoch milliseconds. */
  readonly atMs: number;
}

/** What the audit log says of every release, read on from where it was read to. */
export interface VerdictLog {
  read(options?: AbortOptions): Promise<ReadonlyMap<string, LastVerdict>>;
}

const PAGE = 1000;

export function createVerdictLog(releases: Pick<ReleaseManager, "history">): VerdictLog {
  let verdicts: ReadonlyMap<string, LastVerdict> = new Map();
  let after = 0;
  return {
    async read({ signal } = {}) {
      for (;;) {
        const from = after;
        const events = await releases.history({ after: from, limit: PAGE, signal });
        // Another call may have read the same events meanwhile.
        if (from === after && events.length > 0) {
          const next = new Map(verdicts);
          for (const event of events) count(next, event);
          verdicts = next;
          after = (events.at(-1) as AuditEvent).sequence;
        }
        if (events.length < PAGE) return verdicts;
      }
    },
  };
}

function count(verdicts: Map<string, LastVerdict>, event: AuditEvent): void {
  const { type, release, previous, why, evidence, sequence, atMs } = event;
  const say = (about: string, verdict: VerdictKind, reason: string): void => {
    verdicts.set(about, { verdict, reason, sequence, atMs });
  };
  switch (type) {
    case "canaryJudged":
      say(release, kindOf(evidence?.verdict), why ?? "judged by a canary");
      break;
    case "promoted":
      say(release, "promote", why ?? "promoted");
      break;
    case "rolledBack":
      say(release, "promote", why ?? "rolled back to");
      if (previous !== undefined) say(previous, "rollback", why ?? "rolled back");
      break;
    case "rampBreached":
      say(release, "rollback", why ?? "breached");
      break;
    case "rampStarted":
    case "rampAdvanced":
      say(release, "hold", "its ramp is under way");
      break;
    case "rampPaused":
      say(release, "hold", why ?? "its ramp is paused");
      break;
    default:
      break;
  }
}

function kindOf(verdict: unknown): VerdictKind {
  return verdict === "promote" || verdict === "rollback" ? verdict : "hold";
}
