import { commitWrites } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { type Generation, type Head, readHead } from "./head.ts";
import { settleUnfinished } from "./intents.ts";
import type { Expiry } from "./keys.ts";
import type { Lease } from "./lease.ts";
import { type StoredEntry, toStored } from "./ledger.ts";
import { withRetries } from "./with-retries.ts";

/** Which of some documents are removed. */
export interface RemoveBatchOptions {
  /** Of which generation; of none where it answers `undefined`. Default: the live one. */
  readonly choose?: ((head: Head) => Generation | undefined) | undefined;
  /** As the index by time lists them, each at the place of its id: only those that it still lists so. Default: all. */
  readonly expiries?: readonly Expiry[] | undefined;
  /** Throws to refuse to remove one that is not as expected. */
  readonly check?: ((id: string, stored: StoredEntry) => void) | undefined;
  /** The lease that it is done under, where it is. */
  readonly lease?: Lease | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A document that was removed, as it was. */
export interface RemovedDocument {
  readonly id: string;
  readonly before: StoredEntry;
  readonly after: undefined;
  readonly expiryKey: string | undefined;
}

/** Removes those of these documents that are there and as expected, together. They keep their order. */
export async function removeBatch(
  context: IndexContext,
  ids: readonly string[],
  { choose = ({ live }) => live, expiries, check, lease, signal }: RemoveBatchOptions,
): Promise<readonly RemovedDocument[]> {
  const [first] = ids;
  if (first === undefined) return [];
  await settleUnfinished(context);
  return await withRetries(first, signal, async () => {
    const head = await readHead(context, signal);
    const generation = choose(head.head);
    if (generation === undefined) return [];
    // A commit expects the head as it was read, and these entries as they are read.
    const prefix = context.keys.documents(generation.number);
    const asked = expiries?.map(({ documentKey }) => documentKey) ?? ids.map((id) => prefix + id);
    const found = await context.state.get(asked, { signal });
    const changes: RemovedDocument[] = [];
    for (const [i, id] of ids.entries()) {
      const before = toStored(found[i]);
      const expiry = expiries?.[i];
      if (before === undefined) continue;
      if (expiry !== undefined && before.entry.expiresAtMs !== expiry.expiresAtMs) continue;
      check?.(id, before);
      changes.push({ id, before, after: undefined, expiryKey: expiry?.key });
    }
    const writes = { id: context.newId(), generation, head, changes, staged: [], lease };
    await commitWrites(context, writes, signal);
    return changes;
  });
}
