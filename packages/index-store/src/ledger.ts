import type { JsonObject, Revision, StateChange, StateEntry } from "@keelson/core";
import type { IndexKeys } from "./keys.ts";

/** One chunk as the ledger lists it. Only listed chunks are visible. */
export type LedgerChunk = {
  /** The id of its vector record. */
  readonly id: string;
  /** Digest of its text. */
  readonly hash: string;
  /** Where it lies in the redacted text, where the chunker said. */
  readonly start?: number;
  readonly end?: number;
};

/** How often each type was found. */
export type Counts = { readonly [type: string]: number };

/** All that is known of one document. Digests are of redacted content, but for those of version and subjects. */
export type LedgerEntry = {
  readonly text: string;
  /** Digest of the version as given: a version could hold anything. */
  readonly version?: string;
  readonly metadata?: JsonObject;
  readonly metadataHash?: string;
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
  readonly entry: LedgerEntry;
  readonly revision: Revision;
}

export function toStored(found: StateEntry | undefined): StoredEntry | undefined {
  return found && { entry: found.value as unknown as LedgerEntry, revision: found.revision };
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
}

/** The changes of state that carry out a change of the ledger, indexes included, while nobody else changed it. */
export function ledgerChanges(keys: IndexKeys, generation: number, change: EntryChange): StateChange[] {
  const { id, before, after } = change;
  const key = keys.document(generation, id);
  const expect = before?.revision ?? "absent";
  const old = secondaryKeys(keys, generation, id, before?.entry);
  const wanted = secondaryKeys(keys, generation, id, after);
  const put: StateChange[] =
    after === undefined
      ? [
          { key, delete: true, expect },
          { key: keys.packedDocument(generation, id), delete: true },
        ]
      : [{ key, value: after, expect }];
  return [
    ...put,
    ...[...old].filter((each) => !wanted.has(each)).map((each) => ({ key: each, delete: true }) as const),
    ...[...wanted].filter((each) => !old.has(each)).map((each) => ({ key: each, value: null })),
  ];
}

function secondaryKeys(
  keys: IndexKeys,
  generation: number,
  id: string,
  entry: LedgerEntry | undefined,
): ReadonlySet<string> {
  const found = new Set<string>();
  if (entry?.expiresAtMs !== undefined) found.add(keys.expiry(generation, entry.expiresAtMs, id));
  for (const subject of entry?.subjects ?? []) found.add(keys.subject(generation, subject, id));
  return found;
}
