import { assertId, type Metadata, scanState, type VectorMetric } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { readHead } from "./head.ts";
import { isHeld, type LeaseTask, leaseTasks } from "./lease.ts";
import { type Counts, isExpired, type LedgerEntry } from "./ledger.ts";
import { readExpiries } from "./read-expiries.ts";
import { readLedger } from "./read-ledger.ts";
import { addCounts } from "./redact.ts";

/** A chunk of a document in the index. */
export interface IndexedChunk {
  /** The chunk's id. */
  readonly id: string;
  /** Its redacted text; `undefined` where the vector store has lost it. */
  readonly text: string | undefined;
  /** Where it starts in the document's redacted text, in UTF-16 code units, where the chunker said. */
  readonly start?: number | undefined;
  /** Where it ends, exclusive. */
  readonly end?: number | undefined;
}

/** A document as the index has it. */
export interface IndexedDocument {
  readonly id: string;
  /** Its chunks in reading order. Blank ones are left out, so a blank document has none. */
  readonly chunks: readonly IndexedChunk[];
  /** Its redacted metadata. */
  readonly metadata?: Metadata | undefined;
  /** When it expires, in epoch milliseconds. */
  readonly expiresAtMs?: number | undefined;
  /** How many things redaction replaced in its text and metadata, by type. */
  readonly findings: Counts;
}

/** What is in an index. */
export interface IndexStatus {
  readonly name: string;
  /** How many documents the ledger has, expired ones included until they are swept. */
  readonly documents: number;
  /** How many of them have expired. */
  readonly expired: number;
  /** How many chunks they have together. */
  readonly chunks: number;
  /**
   * How many documents another redactor, chunker or embedder has written than this handle writes with: what makes them
   * stale whatever their source says.
   */
  readonly stale: { readonly redactor: number; readonly chunker: number; readonly embedder: number };
  /** When the next document expires, in epoch milliseconds, where one will. */
  readonly nextExpiryMs?: number | undefined;
  /** What is being done to it now that only one may do at a time, by whatever process. */
  readonly underWay: readonly LeaseTask[];
  /** The live generation's number, from 1. */
  readonly generation: number;
  /** The id of the embedder that made its vectors. */
  readonly embedder: string;
  /** Length of its vectors. */
  readonly dimension: number;
  /** How closeness is measured. */
  readonly metric: VectorMetric;
  /** The id of the chunker that this handle writes with. */
  readonly chunker: string;
  /** The id of the redactor that this handle writes with. */
  readonly redactor: string;
}

const MOST_ROUNDS = 8;

export async function getDocument(
  context: IndexContext,
  id: string,
  signal: AbortSignal | undefined,
): Promise<IndexedDocument | undefined> {
  assertId(id);
  signal?.throwIfAborted();
  for (let round = 1; ; round++) {
    const { head, entries } = await readLedger(context, [id], signal);
    const entry = entries[0]?.entry;
    if (entry === undefined || isExpired(entry, context.clock.now())) return undefined;
    const records = await context.recordsOf(head.head.live, signal);
    const found = await records.get(
      entry.chunks.map((chunk) => chunk.id),
      { signal },
    );
    // Replaced between the two reads, most likely: the ledger has a newer entry.
    if (found.size < entry.chunks.length && round < MOST_ROUNDS) continue;
    return toDocument(id, entry, (chunkId) => found.get(chunkId)?.text);
  }
}

function toDocument(
  id: string,
  entry: LedgerEntry,
  textOf: (chunkId: string) => string | undefined,
): IndexedDocument {
  const { metadata, expiresAtMs, chunks } = entry;
  const findings: Record<string, number> = {};
  addCounts(findings, entry.findings ?? {});
  addCounts(findings, entry.metadataFindings ?? {});
  return {
    id,
    chunks: chunks.map(({ hash: _, ...chunk }) => ({ ...chunk, text: textOf(chunk.id) })),
    ...(metadata !== undefined && { metadata }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    findings,
  };
}

export async function readStatus(
  context: IndexContext,
  signal: AbortSignal | undefined,
): Promise<IndexStatus> {
  const { keys, state, clock, name } = context;
  signal?.throwIfAborted();
  const { live } = (await readHead(context, signal)).head;
  let [documents, chunks] = [0, 0];
  const stale = { redactor: 0, chunker: 0, embedder: 0 };
  for await (const { value } of scanState(state, { prefix: keys.documents(live.number), signal })) {
    const entry = value as unknown as LedgerEntry;
    documents++;
    chunks += entry.chunks.length;
    if (entry.redactor !== context.redactor.id) stale.redactor++;
    if (entry.chunker !== context.chunker.id) stale.chunker++;
  }
  if (!context.known.has(live.embedder)) stale.embedder = documents;
  const { expired, nextExpiryMs } = await readExpiries(context, live.number, clock.now(), signal);
  const underWay: LeaseTask[] = [];
  for (const task of leaseTasks) if (await isHeld(context, task, signal)) underWay.push(task);
  return {
    name,
    documents,
    expired,
    chunks,
    stale,
    ...(nextExpiryMs !== undefined && { nextExpiryMs }),
    underWay,
    generation: live.number,
    embedder: live.embedder,
    dimension: live.dimension,
    metric: live.metric,
    chunker: context.chunker.id,
    redactor: context.redactor.id,
  };
}
