import { assertObject } from "@keelson/core";
import type { Breather } from "./breather.ts";
import { commitWrites } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { assertIds, invalid, isTime } from "./documents.ts";
import { settleUnfinished } from "./intents.ts";
import { isExpired, type LedgerEntry } from "./ledger.ts";
import { type ProgressOptions, withProgress } from "./progress.ts";
import { readLedger } from "./read-ledger.ts";
import { slices } from "./records.ts";
import { withRetries } from "./with-retries.ts";

/** The time that {@link Index.touch} gives documents: one of the two. */
export interface TouchOptions extends ProgressOptions {
  /** Milliseconds from now until they expire, a whole number of at least 0. */
  readonly ttlMs?: number | undefined;
  /** When they expire, in epoch milliseconds; `null` for never. */
  readonly expiresAtMs?: number | null | undefined;
}

/** What {@link Index.touch} did. */
export interface TouchResult {
  /** The documents that have that time now, in the order asked. */
  readonly touched: readonly string[];
  /** Those that the index does not have, or has hidden because they have expired. */
  readonly missing: readonly string[];
}

const BATCH_DOCUMENTS = 256;

/** Gives documents another time to live: only the ledger is read and written. */
export async function touchDocuments(
  context: IndexContext,
  ids: readonly string[],
  options: TouchOptions,
  breather: Breather,
): Promise<TouchResult> {
  assertObject(options);
  const { signal, onProgress } = options;
  assertIds(ids);
  const expiresAtMs = expiryOf(options, context.clock.now());
  const touched = new Set<string>();
  await withProgress(onProgress, { task: "touch", total: ids.length }, async (progress) => {
    for (const batch of slices(ids, BATCH_DOCUMENTS)) {
      await breather.breathe(signal);
      for (const id of await touchBatch(context, batch, expiresAtMs, signal)) touched.add(id);
      progress.advance(batch.length);
    }
  });
  return { touched: ids.filter((id) => touched.has(id)), missing: ids.filter((id) => !touched.has(id)) };
}

function expiryOf({ ttlMs, expiresAtMs }: TouchOptions, nowMs: number): number | undefined {
  if ((ttlMs === undefined) === (expiresAtMs === undefined))
    throw invalid("touch", "to be given either ttlMs or expiresAtMs");
  if (expiresAtMs === null) return undefined;
  if (ttlMs !== undefined && !isTime(ttlMs)) throw invalid("ttlMs", "not a whole number of at least 0");
  if (expiresAtMs !== undefined && !isTime(expiresAtMs))
    throw invalid("expiresAtMs", "not a whole number of at least 0");
  return expiresAtMs ?? Math.min(Math.floor(nowMs) + (ttlMs ?? 0), Number.MAX_SAFE_INTEGER);
}

async function touchBatch(
  context: IndexContext,
  ids: readonly string[],
  expiresAtMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  await settleUnfinished(context);
  return await withRetries(ids[0] as string, signal, async () => {
    const { head, entries } = await readLedger(context, ids, signal);
    const nowMs = context.clock.now();
    const known = ids.flatMap((id, i) => {
      const before = entries[i];
      return before === undefined || isExpired(before.entry, nowMs) ? [] : [{ id, before }];
    });
    const changes = known
      .filter(({ before }) => before.entry.expiresAtMs !== expiresAtMs)
      .map((each) => ({ ...each, after: withExpiry(each.before.entry, expiresAtMs) }));
    const generation = head.head.live;
    await commitWrites(
      context,
      { id: context.newId(), generation, head, changes, staged: [], lease: undefined },
      signal,
    );
    return known.map(({ id }) => id);
  });
}

// The time to live that the source gave stays: as long as it says the same, a `reindex` leaves the new time alone.
function withExpiry({ expiresAtMs: _, ...entry }: LedgerEntry, expiresAtMs: number | undefined): LedgerEntry {
  return { ...entry, ...(expiresAtMs !== undefined && { expiresAtMs }) };
}
