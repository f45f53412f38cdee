import { isKeelsonError, type VectorRecord } from "@keelson/core";
import type { Breather } from "./breather.ts";
import { commitWrites, isConflict } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { canonical } from "./digest.ts";
import { embedTexts } from "./embed.ts";
import { beginGeneration, swapGeneration } from "./generations.ts";
import { type Generation, readHead, type StoredHead, toHead } from "./head.ts";
import { settleUnfinished } from "./intents.ts";
import { withLease } from "./lease.ts";
import {
  type EntryChange,
  type LedgerChunk,
  type LedgerEntry,
  type StoredEntry,
  toStored,
} from "./ledger.ts";
import { withOccurrence } from "./occurrences.ts";
import { type Progress, type ProgressOptions, withProgress } from "./progress.ts";
import { recordId, recordMetadata } from "./records.ts";
import { withRetries } from "./with-retries.ts";
import type { WriteSums } from "./write-result.ts";

const PAGE = 64;

/** How a move is done. */
export interface MigrateOptions {
  readonly onProgress: ProgressOptions["onProgress"];
  readonly sums: WriteSums;
  readonly breather: Breather;
  readonly signal: AbortSignal | undefined;
}

/** Does the index have no document? Then another embedder can take over without a vector. */
export async function isEmpty(
  context: IndexContext,
  generation: Generation,
  signal?: AbortSignal,
): Promise<boolean> {
  const prefix = context.keys.documents(generation.number);
  return (await context.state.scan({ prefix, limit: 1, signal })).length === 0;
}

/**
 * Moves the index to this handle's embedder: embeds the stored, redacted chunks anew into a generation beside the
 * live one, and makes it live once it holds all that the live one holds. Queries and writes of others go on meanwhile,
 * on the live one; what they change is copied again before the swap.
 *
 * When it fails or is aborted the new generation stays, unseen, and the next attempt goes on from it.
 */
export async function migrate(context: IndexContext, options: MigrateOptions): Promise<void> {
  const { onProgress, signal } = options;
  if ((await readHead(context, signal)).head.live.embedder === context.embedder.id) return;
  await withLease(context, "build", signal, (lease) =>
    withProgress(onProgress, { task: "rebuild" }, (progress) =>
      build(context, { ...options, progress, signal: lease.signal }),
    ),
  );
}

interface BuildOptions extends MigrateOptions {
  readonly progress: Progress;
}

async function build(context: IndexContext, options: BuildOptions): Promise<void> {
  const { signal } = options;
  while (true) {
    signal?.throwIfAborted();
    await settleUnfinished(context);
    const stored = await goOnOrBegin(context, signal);
    if (stored.head.live.embedder === context.embedder.id) return;
    const [touched] = await context.state.get([context.keys.touched], { signal });
    const untouched = { key: context.keys.touched, expect: touched?.revision ?? "absent" } as const;
    try {
      await copyLedger(context, stored, options);
      await swapGeneration(context, stored, [untouched], signal);
      return;
    } catch (error) {
      // Something was written meanwhile, or another generation begun: the next round copies it, or goes on from there.
      if (isConflict(error)) continue;
      const dropped = isKeelsonError(error, "COLLECTION_NOT_FOUND");
      if (!dropped || (await readHead(context, signal)).revision === stored.revision) throw error;
    }
  }
}

async function goOnOrBegin(context: IndexContext, signal: AbortSignal | undefined): Promise<StoredHead> {
  const stored = await readHead(context, signal);
  const { live, building } = stored.head;
  const { id: embedder, dimension } = context.embedder;
  if (live.embedder === embedder) return stored;
  if (building?.purpose === "migration" && building.embedder === embedder && building.dimension === dimension)
    return stored;
  const plan = { purpose: "migration", embedder, dimension, metric: live.metric } as const;
  return (await beginGeneration(context, plan, signal)).head;
}

/** Makes the ledger of the generation being built say what the live one says. */
async function copyLedger(context: IndexContext, stored: StoredHead, options: BuildOptions): Promise<void> {
  const { keys, state } = context;
  const { breather, signal } = options;
  const { live, building } = stored.head;
  if (building === undefined) return;
  for (const [from, onlyGone] of [
    [live, false],
    [building, true],
  ] as const) {
    const prefix = keys.documents(from.number);
    let after: string | undefined;
    while (true) {
      await breather.breathe(signal);
      const page = await state.scan({ prefix, after, limit: PAGE, signal });
      const ids = page.map(({ key }) => key.slice(prefix.length));
      const [first] = ids;
      if (first === undefined) break;
      await withRetries(first, signal, () => copyDocuments(context, stored, ids, onlyGone, options));
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
    }
  }
}

async function copyDocuments(
  context: IndexContext,
  stored: StoredHead,
  ids: readonly string[],
  onlyGone: boolean,
  options: BuildOptions,
): Promise<void> {
  const { keys, state } = context;
  const { signal, sums, progress } = options;
  const { live, building } = stored.head as { live: Generation; building: Generation };
  const keysOf = (generation: Generation): string[] => ids.map((id) => keys.document(generation.number, id));
  const [first, ...found] = await state.get([keys.head, ...keysOf(live), ...keysOf(building)], { signal });
  const head = toHead(context, first);
  // The generations are others by now: there is nothing left to copy here, and the swap will not happen.
  if (head.head.building?.number !== building.number || head.head.live.number !== live.number) return;
  const pairs = ids.map((id, i) => ({
    id,
    original: toStored(found[i])?.entry,
    copy: toStored(found[ids.length + i]),
  }));
  const different = pairs.filter(({ original, copy }) =>
    onlyGone
      ? original === undefined && copy !== undefined
      : original !== undefined && !isCopy(original, copy),
  );
  const writeId = context.newId();
  const { changes, staged } = await embedAnew(context, live, building, different, writeId, options);
  await commitWrites(context, { id: writeId, generation: building, head, changes, staged }, signal);
  sums.count("rebuilt", different.length);
  progress.advance(different.length);
}

interface Pair {
  readonly id: string;
  readonly original: LedgerEntry | undefined;
  readonly copy: StoredEntry | undefined;
}

async function embedAnew(
  context: IndexContext,
  live: Generation,
  building: Generation,
  pairs: readonly Pair[],
  writeId: string,
  { sums, signal }: BuildOptions,
): Promise<{ changes: EntryChange[]; staged: VectorRecord[] }> {
  const recordIds = pairs.flatMap(({ original }) => original?.chunks.map(({ id }) => id) ?? []);
  const old = await (await context.recordsOf(live, signal)).get(recordIds, { signal });
  const texts = recordIds.flatMap((id) => old.get(id)?.text ?? []);
  const vectors = await embedTexts(context, texts, sums.tally, signal);
  // A generation is whole, or it is none.
  for (const vector of vectors) if (isKeelsonError(vector)) throw vector;

  const staged: VectorRecord[] = [];
  const changes = pairs.map(({ id: documentId, original, copy }): EntryChange => {
    if (original === undefined) return { id: documentId, before: copy, after: undefined };
    const { metadata, metadataHash } = original;
    const chunks: LedgerChunk[] = [];
    for (const { chunk, occurrence } of withOccurrence(original.chunks)) {
      const text = old.get(chunk.id)?.text;
      if (text === undefined) continue;
      const { hash } = chunk;
      const content = { documentId, embedder: building.embedder, hash, occurrence, metadataHash };
      const id = recordId(content, writeId);
      const vector = vectors[staged.length] as Float32Array;
      staged.push({ id, vector, text, metadata: recordMetadata(documentId, metadata) });
      chunks.push({ ...chunk, id });
    }
    if (chunks.length === original.chunks.length)
      return { id: documentId, before: copy, after: { ...original, chunks } };
    // The vector store has lost some of its text. No text has this hash, so the source's will be read again.
    const { version: _, ...rest } = original;
    return { id: documentId, before: copy, after: { ...rest, text: "", chunks } };
  });
  return { changes, staged };
}

/** Does the copy say what the original says, but for the ids of its records? */
function isCopy(original: LedgerEntry, copy: StoredEntry | undefined): boolean {
  if (copy === undefined || original.text !== copy.entry.text) return false;
  const withoutRecords = (entry: LedgerEntry): LedgerEntry => ({
    ...entry,
    chunks: entry.chunks.map((chunk) => ({ ...chunk, id: "" })),
  });
  return canonical(withoutRecords(original)) === canonical(withoutRecords(copy.entry));
}
