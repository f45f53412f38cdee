import type { AuditEvent, AuditEventType } from "../../audit-event.ts";
import type { AuditReport } from "../../verify-audit.ts";
import { drawTable, name, section } from "../figure.ts";
import { count, instant } from "../figures.ts";
import { type Markup, markup } from "../markup.ts";

const WORDS: Readonly<Record<AuditEventType, string>> = {
  registered: "registered",
  promoted: "promoted",
  rolledBack: "rolled back",
  canaryJudged: "judged by a canary",
  rampStarted: "ramp started",
  rampAdvanced: "ramp advanced",
  rampPaused: "ramp paused",
  rampResumed: "ramp resumed",
  rampReady: "ready for approval",
  rampApproved: "approved",
  rampUnready: "not ready any more",
  rampBreached: "breached",
};

/** Who did what and why, and whether the log can be trusted. */
export function auditSection(
  history: readonly AuditEvent[] | undefined,
  audit: AuditReport | undefined,
): Markup {
  const body: Markup[] = [];
  if (audit !== undefined) body.push(soundness(audit));
  if (history !== undefined) {
    body.push(
      drawTable({
        caption: "Events, oldest first",
        heads: ["No.", "When", "What", "Release", "Before", "By", "Why", "Hash"],
        rows: history.map(({ sequence, atMs, type, release, previous, by, why, hash }) => [
          String(sequence),
          markup`<time datetime="${new Date(atMs).toISOString()}">${instant(atMs)}</time>`,
          WORDS[type],
          name(release),
          previous === undefined ? "" : name(previous),
          by === undefined ? "the manager" : name(by),
          why,
          markup`<code>${hash.slice(0, 12)}</code>`,
        ]),
      }),
    );
  }
  return section("audit", "Audit log", ...body);
}

function soundness({ valid, events, anchor, fault }: AuditReport): Markup {
  if (valid) {
    return markup`<p>✓ Sound: all ${count(events)} events are there, unchanged and in their places. Anchor: ${String(anchor.sequence)} <code>${anchor.hash}</code></p>\n`;
  }
  const where = fault === undefined ? "" : ` Event ${fault.sequence}: ${fault.reason}.`;
  return markup`<p><strong>✕ Not sound.</strong>${where} ${count(events)} events are sound.</p>\n`;
}
