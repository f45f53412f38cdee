import type { Breather } from "./breather.ts";
import type { IndexContext } from "./context.ts";
import { type Generation, type Head, readHead, wholeGenerations } from "./head.ts";
import { type Expiry, parseExpiry } from "./keys.ts";
import type { DocumentProgress, Progress } from "./progress.ts";
import { slices } from "./records.ts";
import { type RemovedDocument, removeBatch } from "./remove-batch.ts";

/** What {@link Index.remove} did. */
export interface RemoveResult {
  /** The documents that were removed, in the order asked. */
  readonly removed: readonly string[];
  /** Those that the index did not have. */
  readonly missing: readonly string[];
  /** How many chunks went with them. */
  readonly chunks: number;
}

/** What {@link Index.sweepExpired} did. */
export interface SweepResult {
  /** The documents that were removed, by ascending time of expiry. */
  readonly removed: readonly string[];
  /** How many chunks went with them. */
  readonly chunks: number;
}

// A millisecond or two of work, when storage is in memory.
const BATCH_DOCUMENTS = 96;
const FIRST_BATCH_DOCUMENTS = 16;
const MORE_DOCUMENTS = 8;

export async function removeDocuments(
  context: IndexContext,
  ids: readonly string[],
  breather: Breather,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<RemoveResult> {
  const removed = new Set<string>();
  let chunks = 0;
  for (const batch of slices(ids, BATCH_DOCUMENTS)) {
    await breather.breathe(signal);
    const gone = await removeBatch(context, batch, { signal });
    for (const { id } of gone) removed.add(id);
    chunks += chunksOf(gone);
    progress.advance(batch.length, removedOf(gone, []));
  }
  return {
    removed: ids.filter((id) => removed.has(id)),
    missing: ids.filter((id) => !removed.has(id)),
    chunks,
  };
}

/**
 * Removes what has expired, from the live generation and from those kept beside it. It reads the expiry
 * index from its start to now, and nothing else.
 */
export async function sweepExpired(
  context: IndexContext,
  breather: Breather,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<SweepResult> {
  const { keys, state, clock } = context;
  const nowMs = clock.now();
  // Several generations have the same documents.
  const removed = new Set<string>();
  let chunks = 0;
  const { head } = await readHead(context, signal);
  for (const { number } of wholeGenerations(head)) {
    const prefix = keys.expiries(number);
    const sameGeneration = (now: Head): Generation | undefined =>
      wholeGenerations(now).find((generation) => generation.number === number);
    let after: string | undefined;
    // The first thousand documents of a process take the longest: in small batches others still have their turn.
    for (let limit = FIRST_BATCH_DOCUMENTS; ; limit = Math.min(limit + MORE_DOCUMENTS, BATCH_DOCUMENTS)) {
      await breather.breathe(signal);
      const page = await state.scan({ prefix, after, limit, signal });
      const expiries: Expiry[] = [];
      const ids: string[] = [];
      for (const entry of page) {
        const expiry = parseExpiry(entry, prefix.length);
        if (expiry.expiresAtMs > nowMs) break;
        expiries.push(expiry);
        ids.push(expiry.id);
      }
      // What is read for the first time has to be put in order: that and the removal are a turn each.
      await breather.breathe(signal);
      const gone = await removeBatch(context, ids, {
        choose: sameGeneration,
        expiries,
        signal,
      });
      for (const { id } of gone) removed.add(id);
      chunks += chunksOf(gone);
      if (gone.length > 0 && progress.heard) progress.advance(gone.length, removedOf(gone, ["expired"]));
      // What is gone need not be passed over, and a store that looks again at where it was clears up there.
      if (gone.length < page.length) after = page.at(-1)?.key;
      if (ids.length < limit) break;
    }
  }
  return { removed: [...removed], chunks };
}

function chunksOf(gone: readonly RemovedDocument[]): number {
  let chunks = 0;
  for (const { before } of gone) chunks += before.entry.chunks.length;
  return chunks;
}

function removedOf(
  gone: readonly RemovedDocument[],
  reasons: DocumentProgress["reasons"],
): DocumentProgress[] {
  return gone.map(({ id }) => ({ id, outcome: "removed", reasons }));
}
