import { isKeelsonError, KeelsonError, type VectorRecord } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import type { ChunkPlan, Draft, Outcome, StaleReason } from "./diff.ts";
import { type Embedded, type EmbedTally, embedTexts } from "./embed.ts";
import type { Generation } from "./head.ts";
import type { EntryChange, LedgerChunk } from "./ledger.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { withOccurrence } from "./occurrences.ts";
import { recordId, recordMetadata } from "./records.ts";

/** Vectors that a batch has paid for, by the hash of their text: a second attempt embeds nothing again. */
export type EmbeddedTexts = Map<string, Embedded>;

export interface StageOptions {
  readonly writeId: string;
  readonly generation: Generation;
  readonly embedded: EmbeddedTexts;
  readonly tally: EmbedTally;
  /** Look whether the vector store still has what it should keep. */
  readonly checkVectors: boolean;
  /** Compares a document again, by its text. */
  readonly redraft: (draft: Draft) => MaybePromise<Draft>;
  readonly signal: AbortSignal | undefined;
}

/** A draft with all that its commit needs. */
export interface StagedDraft {
  readonly draft: Draft;
  readonly reasons: readonly StaleReason[];
  readonly outcome: Outcome;
  /** Why it cannot be written; nothing of it is. */
  readonly error: KeelsonError | undefined;
  readonly change: EntryChange | undefined;
  readonly records: readonly VectorRecord[];
}

interface Place {
  readonly chunk: ChunkPlan;
  readonly occurrence: number;
  /** The record that stays, where one does. */
  readonly kept: string | undefined;
  /** A record of the same text to take the vector from. */
  readonly twin: string | undefined;
}

const NO_RECORDS: ReadonlyMap<string, VectorRecord> = new Map();

/**
 * Decides for every chunk whether its record stays, is copied, or is embedded, and embeds what has to be.
 */
export async function stageDrafts(
  context: IndexContext,
  drafts: readonly Draft[],
  options: StageOptions,
): Promise<StagedDraft[]> {
  const { generation, checkVectors, embedded, tally, signal } = options;
  const planned = drafts.map((draft) => {
    const done = draft.outcome === "unchanged" && !checkVectors;
    return { draft, places: done ? [] : placesOf(draft) };
  });
  const wanted = planned.flatMap(({ places }) =>
    places.flatMap(({ kept, twin }) => (kept === undefined ? [twin] : checkVectors ? [kept] : [])),
  );
  const ids = [...new Set(wanted.filter((id) => id !== undefined))];
  const found =
    ids.length === 0 ? NO_RECORDS : await (await context.recordsOf(generation, signal)).get(ids, { signal });
  // A record without text cannot be copied: it may be from a store that keeps none.
  const twinOf = ({ twin }: Place): (VectorRecord & { readonly text: string }) | undefined => {
    const record = twin === undefined ? undefined : found.get(twin);
    return record?.text === undefined ? undefined : { ...record, text: record.text };
  };
  const has = (place: Place): boolean => place.kept !== undefined && (!checkVectors || found.has(place.kept));

  const texts = new Map<string, string>();
  const differ = new Set<Draft>();
  for (const { draft, places } of planned) {
    for (const [i, place] of places.entries()) {
      const { hash } = place.chunk;
      if (has(place) || embedded.has(hash) || twinOf(place) !== undefined) continue;
      // The document was not cut where its text had not changed; it is now, since a vector has been lost.
      const chunk = (await draft.document.chunks())[i];
      if (chunk?.hash === hash) texts.set(hash, chunk.text);
      else differ.add(draft);
    }
  }
  if (differ.size > 0) {
    // Its version is the ledger's, its text is not: what was lost can only be made again by the text as it is.
    const again = await Promise.all(
      drafts.map((draft) => (differ.has(draft) ? options.redraft(draft) : draft)),
    );
    return await stageDrafts(context, again, options);
  }
  const vectors = await embedTexts(context, [...texts.values()], tally, signal);
  for (const [i, hash] of [...texts.keys()].entries()) embedded.set(hash, vectors[i] as Embedded);

  const staged: StagedDraft[] = [];
  for (const { draft, places } of planned) {
    const { document, before, facts } = draft;
    const records: VectorRecord[] = [];
    const chunks: LedgerChunk[] = [];
    let lost = false;
    let error: KeelsonError | undefined;
    for (const [i, place] of places.entries()) {
      const { hash, start, end } = place.chunk;
      let id = has(place) ? place.kept : undefined;
      if (id === undefined) {
        lost ||= place.kept !== undefined;
        const copied = twinOf(place);
        const vector = copied?.vector ?? embedded.get(hash);
        if (isKeelsonError(vector, "EMBEDDING_FAILED")) {
          error = ofDocument(vector, document.id);
          break;
        }
        id = recordId(
          {
            documentId: document.id,
            embedder: generation.embedder,
            hash,
            occurrence: place.occurrence,
            metadataHash: document.metadataHash(),
          },
          options.writeId,
        );
        records.push({
          id,
          vector: vector as Float32Array,
          text: copied?.text ?? ((await document.chunks())[i]?.text as string),
          metadata: recordMetadata(document.id, document.metadata, vector as Float32Array),
        });
      }
      chunks.push({ id, hash, ...(start !== undefined && { start }), ...(end !== undefined && { end }) });
    }
    const unchanged = (draft.outcome === "unchanged" && !lost) || error !== undefined;
    staged.push({
      draft,
      reasons: lost ? [...draft.reasons, "missing-vectors"] : draft.reasons,
      outcome: lost && draft.outcome !== "added" ? "changed" : draft.outcome,
      error,
      change: unchanged ? undefined : { id: document.id, before, after: { ...facts, chunks } },
      records: error === undefined ? records : [],
    });
  }
  return staged;
}

function ofDocument(
  { message, details, retryable }: KeelsonError<"EMBEDDING_FAILED">,
  documentId: string,
): KeelsonError<"EMBEDDING_FAILED"> {
  return new KeelsonError("EMBEDDING_FAILED", message, { details: { ...details, documentId }, retryable });
}

function placesOf({ document, before, chunks }: Draft): Place[] {
  const old = before?.entry;
  const byKey = new Map(withOccurrence(old?.chunks ?? []).map(({ key, chunk }) => [key, chunk.id]));
  const byHash = new Map(old?.chunks.map(({ hash, id }) => [hash, id]));
  // Records carry the metadata, so other metadata makes other records of the same vectors.
  const sameMetadata = old !== undefined && old.metadataHash === document.metadataHash();
  return withOccurrence(chunks).map(({ chunk, occurrence, key }) => ({
    chunk,
    occurrence,
    kept: sameMetadata ? byKey.get(key) : undefined,
    twin: byHash.get(chunk.hash),
  }));
}
