import { isKeelsonError, type StateEntry } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import { type Generation, readHead, wholeGenerations } from "../head.ts";
import type { Lease } from "../lease.ts";
import { toStored } from "../ledger.ts";
import type { Progress } from "../progress.ts";
import { type CheckedDocument, checkDocument, countOf } from "./check-documents.ts";
import { findForeign } from "./find-foreign.ts";
import { createPackSource, type PackSource } from "./pack-source.ts";
import { repairDocuments } from "./repair-documents.ts";

/** Faults of one kind. */
export interface FaultCount {
  /** How many records. */
  readonly count: number;
  /** The first 20 documents that they belong to; of foreign ones, which belong to none, the records. */
  readonly sample: readonly string[];
}

/** What {@link Index.reconcile} found and did, over all generations that are kept. */
export interface ReconcileReport {
  /** Was everything as the ledger says? */
  readonly ok: boolean;
  /** How many documents were compared. */
  readonly documents: number;
  /** How many chunks they have. */
  readonly chunks: number;
  /** Records that the ledger lists and the vector store does not have. */
  readonly missing: FaultCount;
  /** Records whose text, vector or metadata is not what was written. */
  readonly differing: FaultCount;
  /** Records that nothing lists. */
  readonly foreign: FaultCount;
  /** Could foreign ones be looked for? Only where the vector store can enumerate what it holds. */
  readonly foreignSought: boolean;
  /** What was repaired; all 0 unless it was asked for. */
  readonly repaired: {
    /** Chunks that were written again, with vectors from the store or from a snapshot. */
    readonly copied: number;
    /** Chunks that were embedded again. */
    readonly embedded: number;
    /** Foreign records that were deleted. */
    readonly deleted: number;
  };
  /** Documents of which some text is lost: they are stale by `missing-vectors`, and the next sync embeds them. */
  readonly stale: { readonly count: number; readonly sample: readonly string[] };
}

const PAGE = 256;
const SAMPLE = 20;
const MOST_ROUNDS = 8;

/** Compares the vector store with the ledger, record by record, and repairs what it can where a lease is given. */
export async function reconcileIndex(
  context: IndexContext,
  lease: Lease | undefined,
  breather: Breather,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<ReconcileReport> {
  const sums = createSums();
  for (const generation of wholeGenerations((await readHead(context, signal)).head)) {
    const packs = createPackSource(context, generation);
    const prefix = context.keys.documents(generation.number);
    let after: string | undefined;
    while (true) {
      await breather.breathe(signal);
      const page = await context.state.scan({ prefix, after, limit: PAGE, signal });
      const ids = page.map(({ key }) => key.slice(prefix.length));
      await reconcileDocuments(context, generation, ids, page, sums, packs, lease, signal);
      progress.advance(page.length);
      after = page.at(-1)?.key;
      if (page.length < PAGE) break;
    }
    for await (const foreign of findForeign(context, generation, sums.listed, breather, signal)) {
      sums.foreign(foreign);
      if (lease === undefined || foreign.length === 0) continue;
      await (await context.recordsOf(generation, signal)).delete(foreign, { signal });
      sums.deleted(foreign.length);
    }
    if ((await context.recordsOf(generation, signal)).scan === undefined) sums.unsought();
  }
  return sums.report();
}

async function reconcileDocuments(
  context: IndexContext,
  generation: Generation,
  ids: readonly string[],
  page: readonly StateEntry[],
  sums: Sums,
  packs: PackSource,
  lease: Lease | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  let checked = await check(context, generation, ids, page, signal);
  for (const document of checked) sums.document(document);
  let bad = checked.filter(isBad);
  for (let round = 1; bad.length > 0; round++) {
    // Whoever wrote one of them since has made it whole.
    const entries = await context.state.get(
      bad.map(({ id }) => context.keys.document(generation.number, id)),
      { signal },
    );
    const standing = bad.filter(({ stored }, i) => entries[i]?.revision === stored.revision);
    if (round === 1) for (const document of standing) sums.faults(document);
    if (lease === undefined || standing.length === 0) return;
    try {
      const repaired = await repairDocuments(context, generation, standing, packs, lease);
      sums.repaired(repaired.copied, repaired.embedded, repaired.stale);
      return;
    } catch (error) {
      if (!isKeelsonError(error, "STATE_CONFLICT") || round === MOST_ROUNDS) throw error;
      const again = await context.state.get(
        standing.map(({ id }) => context.keys.document(generation.number, id)),
        { signal },
      );
      const left = standing.map(({ id }) => id);
      checked = await check(context, generation, left, again, signal);
      bad = checked.filter(isBad);
    }
  }
}

async function check(
  context: IndexContext,
  generation: Generation,
  ids: readonly string[],
  entries: readonly (StateEntry | undefined)[],
  signal: AbortSignal | undefined,
): Promise<CheckedDocument[]> {
  const stored = ids.flatMap((id, i) => {
    const found = toStored(entries[i]);
    return found === undefined ? [] : [{ id, stored: found }];
  });
  const records = await context.recordsOf(generation, signal);
  const wanted = stored.flatMap((each) => each.stored.entry.chunks.map(({ id }) => id));
  const found = await records.get(wanted, { signal });
  return stored.map((each) => checkDocument(each.id, each.stored, found));
}

function isBad({ chunks }: CheckedDocument): boolean {
  return chunks.some(({ state }) => state !== "well");
}

type Sums = ReturnType<typeof createSums>;

function createSums() {
  let [documents, chunks, copied, embedded, deleted] = [0, 0, 0, 0, 0];
  let foreignSought = true;
  const missing = createFaultCount();
  const differing = createFaultCount();
  const foreign = createFaultCount();
  const stale = createFaultCount();
  const listed = new Set<string>();
  return {
    /** Records that differ, and belong to the ledger all the same. */
    listed,
    document: (document: CheckedDocument): void => {
      documents++;
      chunks += document.chunks.length;
      for (const { state, chunk } of document.chunks) if (state === "differing") listed.add(chunk.id);
    },
    faults: (document: CheckedDocument): void => {
      missing.add(countOf(document, "missing"), document.id);
      differing.add(countOf(document, "differing"), document.id);
    },
    foreign: (ids: readonly string[]): void => {
      for (const id of ids) foreign.add(1, id);
    },
    repaired: (copies: number, embeds: number, lost: readonly string[]): void => {
      copied += copies;
      embedded += embeds;
      for (const id of lost) stale.add(1, id);
    },
    deleted: (count: number): void => {
      deleted += count;
    },
    unsought: (): void => {
      foreignSought = false;
    },
    report: (): ReconcileReport => ({
      ok: missing.value.count + differing.value.count + foreign.value.count === 0,
      documents,
      chunks,
      missing: missing.value,
      differing: differing.value,
      foreign: foreign.value,
      foreignSought,
      repaired: { copied, embedded, deleted },
      stale: stale.value,
    }),
  };
}

function createFaultCount() {
  let count = 0;
  const sample = new Set<string>();
  return {
    add: (records: number, id: string): void => {
      count += records;
      if (records > 0 && sample.size < SAMPLE) sample.add(id);
    },
    get value(): FaultCount {
      return { count, sample: [...sample] };
    },
  };
}
