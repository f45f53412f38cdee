import { commitWrites } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { type Generation, type Head, readHead } from "./head.ts";
import { settleUnfinished } from "./intents.ts";
import type { Lease } from "./lease.ts";
import { type LedgerEntry, type StoredEntry, toStored } from "./ledger.ts";
import { withRetries } from "./with-retries.ts";

/** Which of some documents are removed. */
export interface RemoveBatchOptions {
  /** Of which generation; of none where it answers `undefined`. Default: the live one. */
  readonly choose?: ((head: Head) => Generation | undefined) | undefined;
  /** Only those that meet it. Default: all. */
  readonly condition?: ((entry: LedgerEntry) => boolean) | undefined;
  /** Throws to refuse to remove one that is not as expected. */
  readonly check?: ((id: string, stored: StoredEntry) => void) | undefined;
  /** The lease that it is done under, where it is. */
  readonly lease?: Lease | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Removes those of these documents that are there and meet the condition, together. */
export async function removeBatch(
  context: IndexContext,
  ids: readonly string[],
  { choose = ({ live }) => live, condition = () => true, check, lease, signal }: RemoveBatchOptions,
): Promise<ReadonlyMap<string, LedgerEntry>> {
  const [first] = ids;
  if (first === undefined) return new Map();
  await settleUnfinished(context);
  return await withRetries(first, signal, async () => {
    const head = await readHead(context, signal);
    const generation = choose(head.head);
    if (generation === undefined) return new Map();
    // A commit expects the head as it was read, and these entries as they are read.
    const found = await context.state.get(
      ids.map((id) => context.keys.document(generation.number, id)),
      { signal },
    );
    const entries = new Map<string, LedgerEntry>();
    const changes = found.flatMap((each, i) => {
      const before = toStored(each);
      if (before === undefined || !condition(before.entry)) return [];
      const id = ids[i] as string;
      check?.(id, before);
      entries.set(id, before.entry);
      return [{ id, before, after: undefined }];
    });
    await commitWrites(
      context,
      { id: context.newId(), generation, head, changes, staged: [], lease },
      signal,
    );
    return entries;
  });
}
