import type { VectorRecord } from "@keelson/core";
import { digest } from "../digest.ts";
import { jsonEquals } from "../json-equals.ts";
import type { LedgerChunk, StoredEntry } from "../ledger.ts";
import { hasOwnVector, recordMetadata } from "../records.ts";

/** What is the matter with the record of a chunk. */
export interface CheckedChunk {
  readonly chunk: LedgerChunk;
  /** `differing` when text, vector or metadata is not what was written. */
  readonly state: "well" | "missing" | "differing";
  /** Its text, where that is what the ledger has the digest of. */
  readonly text: string | undefined;
  /** Its vector, where that is what was written. */
  readonly vector: Float32Array | undefined;
}

/** A document of the ledger compared with the vector store. */
export interface CheckedDocument {
  readonly id: string;
  readonly stored: StoredEntry;
  readonly chunks: readonly CheckedChunk[];
}

export function checkDocument(
  id: string,
  stored: StoredEntry,
  found: ReadonlyMap<string, VectorRecord>,
): CheckedDocument {
  const chunks = stored.entry.chunks.map((chunk): CheckedChunk => {
    const record = found.get(chunk.id);
    if (record === undefined) return { chunk, state: "missing", text: undefined, vector: undefined };
    const text = record.text !== undefined && digest(record.text) === chunk.hash ? record.text : undefined;
    const vector = hasOwnVector(id, record) ? record.vector : undefined;
    const expected = recordMetadata(id, stored.entry.metadata);
    const well = text !== undefined && vector !== undefined && jsonEquals(record.metadata, expected);
    return { chunk, state: well ? "well" : "differing", text, vector };
  });
  return { id, stored, chunks };
}

/** How many of its chunks are in that state. */
export function countOf({ chunks }: CheckedDocument, state: CheckedChunk["state"]): number {
  return chunks.filter((each) => each.state === state).length;
}
