import type { VectorRecord } from "@keelson/core";
import { embedTexts } from "./embed.ts";
import type { EntryChange, LedgerChunk, LedgerEntry, StoredEntry } from "./ledger.ts";
import type { Build, Site } from "./rebuild.ts";
import { recordId, recordMetadata } from "./records.ts";
import { type RemadeDocument, remakeDocument } from "./remake.ts";

/** A document of the live generation, and what the new one has of it. */
export interface Pair {
  readonly id: string;
  readonly original: LedgerEntry | undefined;
  readonly copy: StoredEntry | undefined;
}

/** Makes the new generation's entries and records of some documents, embedding what has no vector of its kind yet. */
export async function copyAnew(
  { context, pipeline, sums, signal }: Build,
  { live, building }: Site,
  pairs: readonly Pair[],
  writeId: string,
): Promise<{ readonly changes: EntryChange[]; readonly staged: VectorRecord[] }> {
  const target = { chunker: pipeline.chunker !== undefined, redactor: pipeline.redactor !== undefined };
  const recordIds = pairs.flatMap(({ original }) => original?.chunks.map(({ id }) => id) ?? []);
  const old = await (await context.recordsOf(live, signal)).get(recordIds, { signal });
  const made: { readonly pair: Pair; readonly document: RemadeDocument | undefined }[] = [];
  // Chunks of equal text have equal vectors, if the embedder is the same.
  const vectors = new Map<string, Float32Array>();
  const texts = new Map<string, string>();
  for (const pair of pairs) {
    const { id, original } = pair;
    const document =
      original && (await remakeDocument(context, id, original, (record) => old.get(record), target, signal));
    made.push({ pair, document });
    for (const { id: record, hash } of live.embedder === building.embedder ? (original?.chunks ?? []) : []) {
      const vector = old.get(record)?.vector;
      if (vector !== undefined) vectors.set(hash, vector);
    }
    for (const { hash, text } of document?.chunks ?? []) if (!vectors.has(hash)) texts.set(hash, text);
  }
  const wanted = [...texts].filter(([hash]) => !vectors.has(hash));
  const embedded = await embedTexts(
    context,
    wanted.map(([, text]) => text),
    sums.tally,
    signal,
  );
  for (const [i, [hash]] of wanted.entries()) {
    const vector = embedded[i];
    // A generation is whole, or it is none.
    if (!(vector instanceof Float32Array)) throw vector;
    vectors.set(hash, vector);
  }

  const staged: VectorRecord[] = [];
  const changes = made.map(({ pair: { id: documentId, copy: before }, document }) => {
    if (document === undefined) return { id: documentId, before, after: undefined };
    const { facts } = document;
    const { metadata } = facts;
    const chunks = document.chunks.map(({ text, ...rest }): LedgerChunk => {
      const vector = vectors.get(rest.hash) as Float32Array;
      const id = recordId(documentId, vector, writeId, staged.length);
      staged.push({ id, vector, text, metadata: recordMetadata(documentId, metadata) });
      return { id, ...rest };
    });
    return { id: documentId, before, after: { ...facts, chunks } };
  });
  return { changes, staged };
}
