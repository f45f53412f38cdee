import { KeelsonError, type VectorRecord } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import type { ChunkPlan, Draft, Outcome, StaleReason } from "./diff.ts";
import { type Embedded, type EmbedTally, embedTexts, isFloats } from "./embed.ts";
import type { Generation } from "./head.ts";
import { jsonEquals } from "./json-equals.ts";
import { type EntryChange, type LedgerChunk, withSpan } from "./ledger.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { occurrencesOf } from "./occurrences.ts";
import { recordId, recordMetadata } from "./records.ts";

/** A text that a batch has paid for. */
interface EmbeddedText {
  readonly text: string;
  readonly vector: Embedded;
}

/** What a batch has embedded, by the hash of the text: a second attempt embeds nothing again. */
export type EmbeddedTexts = Map<string, EmbeddedText>;

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

/** What becomes of a draft. */
export interface StagedDraft {
  readonly draft: Draft;
  readonly reasons: readonly StaleReason[];
  readonly outcome: Outcome;
  /** Why it cannot be written; nothing of it is. */
  readonly error: KeelsonError | undefined;
  readonly change: EntryChange | undefined;
}

/** A batch with all that its commit needs. */
export interface StagedBatch {
  readonly drafts: readonly StagedDraft[];
  readonly changes: readonly EntryChange[];
  readonly records: readonly VectorRecord[];
}

interface Place {
  readonly chunk: ChunkPlan;
  /** The record that stays, where one does. */
  readonly kept: string | undefined;
  /** A record of the same text to take the vector from. */
  readonly twin: string | undefined;
}

/** A draft with the places of its chunks; none where there is nothing to do. */
interface PlannedDraft {
  readonly draft: Draft;
  readonly places: readonly Place[];
}

type FoundRecords = ReadonlyMap<string, VectorRecord>;

const NO_PLACES: readonly Place[] = [];
const NO_RECORDS: FoundRecords = new Map();

/**
 * Decides for every chunk whether its record stays, is copied, or is embedded, and embeds what has to be.
 */
export async function stageDrafts(
  context: IndexContext,
  drafts: readonly Draft[],
  options: StageOptions,
): Promise<StagedBatch> {
  const planned: PlannedDraft[] = [];
  for (const draft of drafts) planned.push(planDraft(draft, options));
  const found = await readRecords(context, planned, options);
  const texts = new Map<string, string>();
  const differ = new Set<Draft>();
  // A document was not cut where its text had not changed; it is now, since a vector has been lost.
  for (const { draft, places } of takeTexts(planned, found, options, texts)) {
    const chunks = await draft.document.chunks();
    for (const [i, place] of places.entries()) {
      if (hasVector(place, found, options)) continue;
      const { hash } = place.chunk;
      const chunk = chunks[i];
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
  const vectors = await embedTexts(context, [...texts.values()], options.tally, options.signal);
  let next = 0;
  for (const [hash, text] of texts) options.embedded.set(hash, { text, vector: vectors[next++] as Embedded });

  const staged: StagedDraft[] = [];
  const changes: EntryChange[] = [];
  const records: VectorRecord[] = [];
  for (const each of planned) {
    const draft = stageDraft(each, found, options, records);
    staged.push(draft);
    if (draft.change !== undefined) changes.push(draft.change);
  }
  return { drafts: staged, changes, records };
}

function planDraft(draft: Draft, { checkVectors }: StageOptions): PlannedDraft {
  const done = draft.outcome === "unchanged" && !checkVectors;
  return { draft, places: done ? NO_PLACES : placesOf(draft) };
}

/** Reads the records that a vector may be taken from, and where that is asked for, those that stay. */
async function readRecords(
  context: IndexContext,
  planned: readonly PlannedDraft[],
  { generation, checkVectors, signal }: StageOptions,
): Promise<FoundRecords> {
  const wanted = new Set<string>();
  for (const { places } of planned) {
    for (const { kept, twin } of places) {
      const id = kept === undefined ? twin : checkVectors ? kept : undefined;
      if (id !== undefined) wanted.add(id);
    }
  }
  if (wanted.size === 0) return NO_RECORDS;
  return await (await context.recordsOf(generation, signal)).get([...wanted], { signal });
}

function stays({ kept }: Place, found: FoundRecords, { checkVectors }: StageOptions): boolean {
  return kept !== undefined && (!checkVectors || found.has(kept));
}

/** A record without text cannot be copied: it may be from a store that keeps none. */
function twinOf({ twin }: Place, found: FoundRecords): VectorRecord | undefined {
  const record = twin === undefined ? undefined : found.get(twin);
  return record?.text === undefined ? undefined : record;
}

function hasVector(place: Place, found: FoundRecords, options: StageOptions): boolean {
  return (
    stays(place, found, options) ||
    options.embedded.has(place.chunk.hash) ||
    twinOf(place, found) !== undefined
  );
}

/** Takes up the texts that have to be embedded, and gives the drafts that would first have to be cut for theirs. */
function takeTexts(
  planned: readonly PlannedDraft[],
  found: FoundRecords,
  options: StageOptions,
  texts: Map<string, string>,
): readonly PlannedDraft[] {
  const uncut: PlannedDraft[] = [];
  for (const each of planned) {
    let cut = true;
    for (const place of each.places) {
      if (hasVector(place, found, options)) continue;
      const { hash, text } = place.chunk;
      if (text === undefined) cut = false;
      else texts.set(hash, text);
    }
    if (!cut) uncut.push(each);
  }
  return uncut;
}

/** Makes what the commit of one document needs, and adds its records to those of the batch. */
function stageDraft(
  { draft, places }: PlannedDraft,
  found: FoundRecords,
  options: StageOptions,
  records: VectorRecord[],
): StagedDraft {
  const { document, before, facts } = draft;
  const firstRecord = records.length;
  const chunks: LedgerChunk[] = [];
  let lost = false;
  for (const place of places) {
    const { hash } = place.chunk;
    let id = stays(place, found, options) ? place.kept : undefined;
    if (id === undefined) {
      lost ||= place.kept !== undefined;
      const source = twinOf(place, found) ?? (options.embedded.get(hash) as EmbeddedText);
      if (!isFloats(source.vector)) {
        records.length = firstRecord;
        return failedDraft(draft, source.vector);
      }
      id = recordId(document.id, source.vector, options.writeId, records.length);
      const metadata = recordMetadata(document.id, document.metadata);
      records.push({ id, vector: source.vector, text: source.text, metadata });
    }
    chunks.push(withSpan({ id, hash }, place.chunk));
  }
  const unchanged = draft.outcome === "unchanged" && !lost;
  return {
    draft,
    reasons: lost ? [...draft.reasons, "missing-vectors"] : draft.reasons,
    outcome: lost && draft.outcome !== "added" ? "changed" : draft.outcome,
    error: undefined,
    change: unchanged ? undefined : { id: document.id, before, after: { ...facts, chunks } },
  };
}

function failedDraft(draft: Draft, cause: KeelsonError<"EMBEDDING_FAILED">): StagedDraft {
  const { reasons, outcome, document } = draft;
  return { draft, reasons, outcome, error: ofDocument(cause, document.id), change: undefined };
}

function ofDocument(
  { message, details, retryable }: KeelsonError<"EMBEDDING_FAILED">,
  documentId: string,
): KeelsonError<"EMBEDDING_FAILED"> {
  return new KeelsonError("EMBEDDING_FAILED", message, { details: { ...details, documentId }, retryable });
}

function placesOf({ document, before, chunks }: Draft): Place[] {
  if (before === undefined) return chunks.map((chunk) => ({ chunk, kept: undefined, twin: undefined }));
  const occurrences = occurrencesOf(chunks);
  const old = listedRecords(before.entry.chunks);
  // Records carry the metadata, so other metadata makes other records of the same vectors.
  const sameMetadata = jsonEquals(before.entry.metadata, document.metadata);
  return chunks.map((chunk, i) => {
    const { hash } = chunk;
    const kept = sameMetadata ? old.byKey.get(keyOf(hash, occurrences[i])) : undefined;
    return { chunk, kept, twin: old.byHash.get(hash) };
  });
}

/** The ids of the records that are listed, by text and occurrence, and by text alone. */
function listedRecords(chunks: readonly LedgerChunk[]): {
  readonly byKey: ReadonlyMap<string, string>;
  readonly byHash: ReadonlyMap<string, string>;
} {
  const occurrences = occurrencesOf(chunks);
  return {
    byKey: new Map(chunks.map(({ hash, id }, i) => [keyOf(hash, occurrences[i]), id])),
    byHash: new Map(chunks.map(({ hash, id }) => [hash, id])),
  };
}

function keyOf(hash: string, occurrence: number | undefined): string {
  return `${hash}#${occurrence}`;
}
