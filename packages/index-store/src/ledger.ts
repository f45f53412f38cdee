import type { Chunk, JsonObject, Revision, StateChange, StateEntry } from "@keelson/core";
import type { IndexKeys } from "./keys.ts";

/** Where a chunk lies in the redacted text, where the chunker has said so. */
export type Span = { readonly start?: number; readonly end?: number };

/** One chunk as the ledger lists it. Only listed chunks are visible. */
export type LedgerChunk = Span & {
  /** The id of its vector record. */
  readonly id: string;
  /** Digest of its text. */
  readonly hash: string;
};

/** Adds its span to a new chunk. Field by field: a spread costs several times as much. */
export function withSpan<T extends object>(chunk: T, { start, end }: Chunk | Span): T & Span {
  const at: { start?: number; end?: number } = chunk;
  if (start !== undefined) at.start = start;
  if (end !== undefined) at.end = end;
  return chunk;
}

/** How often each type was found. */
export type Counts = { readonly [type: string]: number };

/** All that is known of one document. Digests are of redacted content, but for those of version and subjects. */
export type LedgerEntry = {
  readonly text: string;
  /** Digest of the version as given: a version could hold anything. */
  readonly version?: string;
  readonly metadata?: JsonObject;
  readonly expiresAtMs?: number;
  /** The time to live as given, so that an unchanged one is told from a new one. */
  readonly ttlMs?: number;
  /** Digests, sorted: a subject is as a rule a person. */
  readonly subjects?: readonly string[];
  /** How many things redaction replaced in the text, by type. */
  readonly findings?: Counts;
  /** The same of the metadata. */
  readonly metadataFindings?: Counts;
  readonly redactor: string;
  readonly chunker: string;
  /** In reading order. */
  readonly chunks: readonly LedgerChunk[];
};

/** A ledger entry as it was read. */
export interface StoredEntry {
  readonly key: string;
  readonly entry: LedgerEntry;
  readonly revision: Revision;
}

export function toStored(found: StateEntry | undefined): StoredEntry | undefined {
  if (found === undefined) return undefined;
  const { key, value, revision } = found;
  return { key, entry: value as unknown as LedgerEntry, revision };
}

/** Has the document's time passed? At its last instant it has. */
export function isExpired(entry: LedgerEntry, nowMs: number): boolean {
  return entry.expiresAtMs !== undefined && entry.expiresAtMs <= nowMs;
}

/** One document's change: from what was read to what shall be, or away. */
export interface EntryChange {
  readonly id: string;
  readonly before: StoredEntry | undefined;
  readonly after: LedgerEntry | undefined;
  /** Where the index by time has it, for whoever has read that: to make the key again costs as much as to find it. */
  readonly expiryKey?: string | undefined;
}

/** The changes of state that carry out changes of the ledger, indexes included, while nobody else changed it. */
export function ledgerChanges(
  keys: IndexKeys,
  generation: number,
  changes: readonly EntryChange[],
): StateChange[] {
  const list: StateChange[] = [];
  const documents = keys.documents(generation);
  for (const { id, before, after, expiryKey } of changes) {
    const key = before?.key ?? documents + id;
    const expect = before?.revision ?? "absent";
    if (after !== undefined) list.push({ key, value: after, expect });
    else list.push({ key, delete: true, expect });
    const old = secondaryKeys(keys, generation, id, before?.entry, expiryKey);
    const wanted = secondaryKeys(keys, generation, id, after);
    for (const each of old) if (!wanted.includes(each)) list.push({ key: each, delete: true });
    for (const each of wanted) if (!old.includes(each)) list.push({ key: each, value: key });
  }
  return list;
}

const NO_KEYS: readonly string[] = [];

function secondaryKeys(
  keys: IndexKeys,
  generation: number,
  id: string,
  entry: LedgerEntry | undefined,
  expiryKey?: string,
): readonly string[] {
  if (entry === undefined) return NO_KEYS;
  const { expiresAtMs, subjects = NO_KEYS } = entry;
  if (expiresAtMs === undefined && subjects.length === 0) return NO_KEYS;
  const found = subjects.map((subject) => keys.subject(generation, subject, id));
  if (expiresAtMs !== undefined) found.push(expiryKey ?? keys.expiry(generation, expiresAtMs, id));
  return found;
}
