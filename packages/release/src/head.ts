import {
  type BundleIndex,
  type ExpectedRevision,
  type Json,
  KeelsonError,
  type StateEntry,
} from "@keelson/core";
import { type AuditAnchor, FIRST_ANCHOR } from "./audit-event.ts";
import type { RampSettings } from "./ramp-plan.ts";

const FORMAT = 1;

/** The ramp under way, as all routers and workers must agree on it. */
export interface RampControl {
  /** The sequence of the event that started it, padded. */
  readonly id: string;
  readonly candidate: string;
  readonly baseline: string;
  /** What keys are hashed with. */
  readonly seed: number;
  /** The current stage, from 0. */
  readonly stage: number;
  /** The stage lasts at least until then, in epoch milliseconds. */
  readonly stageEndsAtMs: number;
  /** Why its share does not grow until somebody resumes it. */
  readonly paused: RampPause | null;
  /** Set while a stage that needs approval has all else it waits for. */
  readonly ready: { readonly evidence: string; readonly approvals: readonly RampApproval[] } | null;
  /** The ids of guards that somebody resumed the ramp in spite of. */
  readonly waived: readonly string[];
  readonly settings: RampSettings;
}

/** Why a ramp was paused. */
export interface RampPause {
  readonly why?: string | undefined;
  /** Who paused it. Absent where a guard did. */
  readonly by?: string | undefined;
  /** The id of the guard that paused it. */
  readonly guard?: string | undefined;
}

/** One approval of a stage's end. */
export interface RampApproval {
  readonly by: string;
  /** When, in epoch milliseconds. */
  readonly atMs: number;
}

/** The one record that says what serves. Every change of it moves the audit chain with it. */
export interface Head {
  readonly format: typeof FORMAT;
  /** The release that serves, or that serves beside a ramp's candidate. */
  readonly live: string | null;
  /** What was live before, the latest first, without what is live: the releases of the rollback window. */
  readonly recent: readonly string[];
  /** Was the last promotion, or the ramp after it, undone by a rollback? */
  readonly undone: boolean;
  /** Counts what moved traffic: a promote is refused when it is not what it was when the promote began. */
  readonly moves: number;
  readonly ramp: RampControl | null;
  /** What the indexes keep for the releases that serve, ramp up, or may be gone back to. */
  readonly pins: readonly BundleIndex[];
  readonly audit: AuditAnchor;
}

/** The head with the revision that a change of it must expect. */
export interface HeadRead {
  readonly head: Head;
  readonly revision: ExpectedRevision;
}

const NEW_HEAD: Head = Object.freeze({
  format: FORMAT,
  live: null,
  recent: [],
  undone: false,
  moves: 0,
  ramp: null,
  pins: [],
  audit: FIRST_ANCHOR,
});

/** Reads the head from its entry; where there is none, nothing has happened yet. */
export function readHead(entry: StateEntry | undefined): HeadRead {
  if (entry === undefined) return { head: NEW_HEAD, revision: "absent" };
  const head = fromJson<Head>(entry.value);
  if (head.format === FORMAT) return { head, revision: entry.revision };
  throw new KeelsonError("STORE_FORMAT_UNSUPPORTED", `${entry.key} has format ${head.format}`, {
    details: { file: entry.key, format: head.format, supported: [FORMAT] },
  });
}

/** What a plain `rollback()` would go to; `null` where there is nothing to undo. */
export function rollbackTargetOf(head: Head): string | null {
  if (head.ramp !== null) return head.live;
  return head.undone ? null : (head.recent[0] ?? null);
}

/** A record as the store takes it. Records hold JSON only; interfaces just can't say so. */
export function toJson(record: object): Json {
  return record as Json;
}

/** A record as it was put. */
export function fromJson<T>(value: Json): T {
  return value as unknown as T;
}
