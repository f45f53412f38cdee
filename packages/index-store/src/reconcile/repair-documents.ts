import { isKeelsonError, type VectorRecord } from "@keelson/core";
import { commitWrites } from "../commit-writes.ts";
import type { IndexContext } from "../context.ts";
import { embedTexts, newTally } from "../embed.ts";
import { allGenerations, type Generation, readHead } from "../head.ts";
import type { Lease } from "../lease.ts";
import type { EntryChange, LedgerChunk } from "../ledger.ts";
import { recordId, recordMetadata } from "../records.ts";
import type { CheckedChunk, CheckedDocument } from "./check-documents.ts";
import type { PackSource } from "./pack-source.ts";

/** What a repair did. */
export interface Repaired {
  /** The documents that are whole again. */
  readonly documents: readonly string[];
  /** Those of which some text is lost. */
  readonly stale: readonly string[];
  /** Chunks that were written again with vectors that were still there, in the store or in a snapshot. */
  readonly copied: number;
  /** Chunks that were embedded again. */
  readonly embedded: number;
}

interface Content {
  readonly text: string;
  readonly vector: Float32Array;
}

/**
 * Writes again what is missing or differs, by new records and one commit of the ledger, so that nobody sees a document in
 * parts. Whoever changes the documents meanwhile wins.
 *
 * @throws KeelsonError STATE_CONFLICT when somebody did.
 * @throws KeelsonError EMBEDDING_FAILED; nothing is repaired then.
 */
export async function repairDocuments(
  context: IndexContext,
  { number }: Generation,
  documents: readonly CheckedDocument[],
  packs: PackSource,
  lease: Lease,
): Promise<Repaired> {
  const { signal } = lease;
  const head = await readHead(context, signal);
  const generation = allGenerations(head.head).find((each) => each.number === number);
  if (generation === undefined) return { documents: [], stale: [], copied: 0, embedded: 0 };
  const known = new Map<CheckedChunk, Content>();
  const toEmbed: { readonly checked: CheckedChunk; readonly text: string }[] = [];
  for (const document of documents) {
    for (const checked of document.chunks) {
      const { state, text, vector, chunk } = checked;
      if (state === "well") continue;
      const content =
        text !== undefined && vector !== undefined
          ? { text, vector }
          : await copyOf(document, chunk, packs, signal);
      if (content !== undefined) known.set(checked, content);
      else if (text !== undefined) toEmbed.push({ checked, text });
    }
  }
  const copied = known.size;
  const embedder = context.known.get(generation.embedder);
  // Of a generation whose embedder this handle does not know, what would have to be embedded is lost.
  const vectors =
    embedder === undefined
      ? []
      : await embedTexts(
          { ...context, embedder },
          toEmbed.map(({ text }) => text),
          newTally(),
          signal,
        );
  for (const [i, vector] of vectors.entries()) {
    const { checked, text } = toEmbed[i] as (typeof toEmbed)[number];
    if (isKeelsonError(vector)) throw vector;
    known.set(checked, { text, vector });
  }

  const writeId = context.newId();
  const staged: VectorRecord[] = [];
  const stale: string[] = [];
  const changes = documents.map((document): EntryChange => {
    const { id, stored } = document;
    const { metadata } = stored.entry;
    const chunks: LedgerChunk[] = [];
    for (const [i, chunk] of stored.entry.chunks.entries()) {
      const checked = document.chunks[i] as CheckedChunk;
      if (checked.state === "well") {
        chunks.push(chunk);
        continue;
      }
      const content = known.get(checked);
      if (content === undefined) continue;
      const newId = recordId(id, content.vector, writeId, staged.length);
      staged.push({ id: newId, ...content, metadata: recordMetadata(id, metadata) });
      chunks.push({ ...chunk, id: newId });
    }
    if (chunks.length === stored.entry.chunks.length)
      return { id, before: stored, after: { ...stored.entry, chunks } };
    // No text has this hash, and without a version the source's is read again: the next sync embeds what is lost.
    stale.push(id);
    const { version: _, ...rest } = stored.entry;
    return { id, before: stored, after: { ...rest, text: "", chunks } };
  });
  await commitWrites(context, { id: writeId, generation, head, changes, staged, lease }, signal);
  return {
    documents: documents.map(({ id }) => id).filter((id) => !stale.includes(id)),
    stale,
    copied,
    embedded: vectors.length,
  };
}

/** A chunk's content from another chunk of the same text, or from the pack that the document is in. */
async function copyOf(
  document: CheckedDocument,
  { id, hash }: LedgerChunk,
  packs: PackSource,
  signal: AbortSignal,
): Promise<Content | undefined> {
  for (const { chunk, text, vector } of document.chunks)
    if (chunk.hash === hash && text !== undefined && vector !== undefined) return { text, vector };
  const image = await packs.imageOf(document.id, signal);
  const at = image?.entry.chunks.findIndex((each) => each.id === id) ?? -1;
  const text = image?.texts[at];
  const vector = image?.vectors[at];
  return text === undefined || vector === undefined ? undefined : { text, vector };
}
