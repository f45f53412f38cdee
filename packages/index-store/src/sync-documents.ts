import { KeelsonError, type Revision, type StateEntry, type StateStore } from "@keelson/core";
import { type Breather, createBreather } from "./breather.ts";
import type { CheckOptions } from "./call-options.ts";
import type { IndexContext } from "./context.ts";
import type { DocumentSource } from "./documents.ts";
import { invalid } from "./documents.ts";
import { readHead } from "./head.ts";
import { createIdSet, type IdSet } from "./id-set.ts";
import { type Lease, withLease } from "./lease.ts";
import { isExpired, type LedgerEntry } from "./ledger.ts";
import { moveToEmbedder } from "./move-to-embedder.ts";
import { type DocumentProgress, withProgress } from "./progress.ts";
import { readExpiries } from "./read-expiries.ts";
import { slices } from "./records.ts";
import { type RemoveBatchOptions, removeBatch } from "./remove-batch.ts";
import { writeDocuments } from "./write-documents.ts";
import { createWriteSums, type WriteResult, type WriteSums } from "./write-result.ts";

/**
 * What a source is to the index: `full`, all that it shall hold, so that the rest is removed; `incremental`, a part,
 * so that the rest stays.
 */
export type SyncMode = "full" | "incremental";

/** What {@link Index.sync} takes. */
export interface SyncOptions extends CheckOptions {
  readonly mode: SyncMode;
  /**
   * The largest share of the index's documents, 0..1, that may be removed because the source has them no more. Expired
   * ones don't count. 1 allows an empty source to empty the index. Default 0.5.
   */
  readonly maxDeleteRatio?: number | undefined;
}

const DEFAULT_MAX_DELETE_RATIO = 0.5;
const BATCH_DOCUMENTS = 256;
const PAGE = 1000;

/** Brings the index up to date with a source, under the lease of syncs. */
export async function syncDocuments(
  context: IndexContext,
  source: DocumentSource,
  options: SyncOptions,
): Promise<WriteResult> {
  const { mode, checkVectors = false, maxDeleteRatio, onProgress } = options;
  assertMode(mode);
  assertRatio(maxDeleteRatio);
  return await withLease(context, "sync", options.signal, async (lease) => {
    const { signal } = lease;
    const breather = createBreather(context.clock);
    const sums = createWriteSums();
    await moveToEmbedder(context, { onProgress, sums, breather, signal });
    const seen = createIdSet(context.holder);
    await withProgress(onProgress, { task: "write" }, (progress) =>
      writeDocuments(context, source, {
        renewTtl: false,
        checkVectors,
        lease,
        seen,
        sums,
        progress,
        breather,
        signal,
      }),
    );
    if (mode === "full") {
      const present = seen.size - sums.absent();
      const { documents, orphans } = await findOrphans(context, seen, present, signal);
      const visible = orphans.filter(({ expired }) => !expired).length;
      await assertFewOrphans(context, visible, documents - sums.added(), maxDeleteRatio, signal);
      const ids = orphans.map(({ id }) => id);
      await removeThose(context, ids, { lease, sums, breather, onProgress });
    }
    return sums.result(context.embedding);
  });
}

/** A document that the ledger has and a source has not. */
interface Orphan {
  readonly id: string;
  readonly expired: boolean;
  readonly revision: Revision;
}

/** `present` is how many of the source's documents the ledger has: where it has no more than these, there is no orphan. */
export async function findOrphans(
  context: IndexContext,
  seen: Pick<IdSet, "has">,
  present: number,
  signal: AbortSignal | undefined,
): Promise<{ readonly documents: number; readonly orphans: readonly Orphan[] }> {
  const { keys, state, clock } = context;
  const { live } = (await readHead(context, signal)).head;
  const documents = await countDocuments(context, live.number, signal);
  const orphans: Orphan[] = [];
  if (documents === present) return { documents, orphans };

  const prefix = keys.documents(live.number);
  const nowMs = clock.now();
  for await (const page of pagesOf(state, prefix, signal)) {
    for (const { key, value, revision } of page) {
      const id = key.slice(prefix.length);
      if (!seen.has(id))
        orphans.push({ id, expired: isExpired(value as unknown as LedgerEntry, nowMs), revision });
    }
  }
  return { documents, orphans };
}

/** How many documents the ledger of a generation has, expired ones included. */
export async function countDocuments(
  { keys, state }: IndexContext,
  generation: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  let documents = 0;
  for await (const page of pagesOf(state, keys.documents(generation), signal)) documents += page.length;
  return documents;
}

async function* pagesOf(
  state: StateStore,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly StateEntry[]> {
  let after: string | undefined;
  do {
    const page = await state.scan({ prefix, after, limit: PAGE, signal });
    yield page;
    after = page.at(-1)?.key;
  } while (after !== undefined);
}

/**
 * Refuses to remove too much of what an index shows.
 *
 * @param total How many documents it has, expired ones included: these are no part of what it shows.
 * @throws KeelsonError DELETIONS_REFUSED
 */
export async function assertFewOrphans(
  context: IndexContext,
  deletions: number,
  total: number,
  maxDeleteRatio: number = DEFAULT_MAX_DELETE_RATIO,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (deletions === 0) return;
  const { name, clock } = context;
  const { live } = (await readHead(context, signal)).head;
  const { expired } = await readExpiries(context, live.number, clock.now(), signal);
  const documents = Math.max(total - expired, deletions);
  if (deletions <= documents * maxDeleteRatio) return;
  throw new KeelsonError(
    "DELETIONS_REFUSED",
    `${deletions} of the ${documents} documents of the index ${name} would be removed, more than maxDeleteRatio (${maxDeleteRatio}) allows`,
    { details: { index: name, deletions, documents, maxDeleteRatio } },
  );
}

interface RemovalOptions {
  readonly check?: RemoveBatchOptions["check"];
  readonly lease: Lease;
  readonly sums: WriteSums;
  readonly breather: Breather;
  readonly onProgress: CheckOptions["onProgress"];
}

export async function removeThose(
  context: IndexContext,
  ids: readonly string[],
  { check, lease, sums, breather, onProgress }: RemovalOptions,
): Promise<void> {
  if (ids.length === 0) return;
  await withProgress(onProgress, { task: "remove", total: ids.length }, async (progress) => {
    for (const batch of slices(ids, BATCH_DOCUMENTS)) {
      await breather.breathe(lease.signal);
      const gone = await removeBatch(context, batch, { check, lease, signal: lease.signal });
      sums.count("removed", gone.length);
      const documents = gone.map(
        ({ id }): DocumentProgress => ({ id, outcome: "removed", reasons: ["orphaned"] }),
      );
      progress.advance(batch.length, documents);
    }
  });
}

export function assertMode(mode: unknown): asserts mode is SyncMode {
  if (mode !== "full" && mode !== "incremental") throw invalid("mode", 'neither "full" nor "incremental"');
}

export function assertRatio(ratio: number | undefined): void {
  if (ratio !== undefined && !(ratio >= 0 && ratio <= 1))
    throw invalid("maxDeleteRatio", "not between 0 and 1");
}
