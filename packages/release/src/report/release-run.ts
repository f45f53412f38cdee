import type { AuditEvent } from "../audit-event.ts";
import type { RampStatus } from "../ramp.ts";
import type { Release } from "../release.ts";
import type { Verdict } from "../verdict.ts";
import type { AuditReport } from "../verify-audit.ts";

/**
 * What a report is made of: whatever there is of a release. Give at least a canary or a ramp, of one candidate.
 *
 * All of it can be had again later: `canary(candidate, { cases: [] })` judges what is stored without running anything,
 * `status()` and `history()` read the record.
 */
export interface ReleaseRun {
  /** What the canary found. */
  readonly canary?: Verdict | undefined;
  /** How the ramp stands. */
  readonly ramp?: RampStatus | undefined;
  /** What happened. Those events that tell of the ramp date its stages and fill them with figures. */
  readonly history?: readonly AuditEvent[] | undefined;
  /** Whether the audit log is sound. */
  readonly audit?: AuditReport | undefined;
  /** Both releases, to tell which of their parts differ. Their contents are not shown. */
  readonly releases?: { readonly candidate: Release; readonly baseline: Release } | undefined;
}

/** The names of the two sides of a run. */
export interface RunSides {
  readonly candidate: string;
  readonly baseline: string;
}
