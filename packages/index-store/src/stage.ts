import { KeelsonError, type VectorRecord } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import type { ChunkPlan, Draft, Outcome, StaleReason } from "./diff.ts";
import { type Embedded, type EmbedTally, embedTexts, isFloats } from "./embed.ts";
import type { Generation } from "./head.ts";
import { type EntryChange, type LedgerChunk, withSpan } from "./ledger.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { occurrencesOf } from "./occurrences.ts";
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

const NO_PLACES: readonly Place[] = [];
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
    return { draft, places: done ? NO_PLACES : placesOf(draft) };
  });
  const wanted = new Set<string>();
  for (const { places } of planned) {
    for (const { kept, twin } of places) {
      const id = kept === undefined ? twin : checkVectors ? kept : undefined;
      if (id !== undefined) wanted.add(id);
    }
  }
  const found =
    wanted.size === 0
      ? NO_RECORDS
      : await (await context.recordsOf(generation, signal)).get([...wanted], { signal });
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
      const { hash, text } = place.chunk;
      if (has(place) || embedded.has(hash) || twinOf(place) !== undefined) continue;
      // The document was not cut where its text had not changed; it is now, since a vector has been lost.
      const chunk = text === undefined ? (await draft.document.chunks())[i] : { hash, text };
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
      const { hash, text } = place.chunk;
      let id = has(place) ? place.kept : undefined;
      if (id === undefined) {
        lost ||= place.kept !== undefined;
        const copied = twinOf(place);
        const vector = copied?.vector ?? embedded.get(hash);
        if (!isFloats(vector)) {
          error = ofDocument(vector as KeelsonError<"EMBEDDING_FAILED">, document.id);
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
          vector,
          text: copied?.text ?? text ?? ((await document.chunks())[i]?.text as string),
          metadata: recordMetadata(document.id, document.metadata, vector),
        });
      }
      chunks.push(withSpan({ id, hash }, place.chunk));
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
  const occurrences = occurrencesOf(chunks);
  const place = (i: number, kept: string | undefined, twin: string | undefined): Place => ({
    chunk: chunks[i] as ChunkPlan,
    occurrence: occurrences[i] as number,
    kept,
    twin,
  });
  if (before === undefined) return chunks.map((_, i) => place(i, undefined, undefined));

  const old = before.entry.chunks;
  const keyOf = (hash: string, occurrence: number | undefined): string => `${hash}#${occurrence}`;
  const oldOccurrences = occurrencesOf(old);
  const byKey = new Map(old.map(({ hash, id }, i) => [keyOf(hash, oldOccurrences[i]), id]));
  const byHash = new Map(old.map(({ hash, id }) => [hash, id]));
  // Records carry the metadata, so other metadata makes other records of the same vectors.
  const sameMetadata = before.entry.metadataHash === document.metadataHash();
  return chunks.map(({ hash }, i) => {
    const kept = sameMetadata ? byKey.get(keyOf(hash, occurrences[i])) : undefined;
    return place(i, kept, byHash.get(hash));
  });
}
