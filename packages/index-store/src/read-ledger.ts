import type { IndexContext } from "./context.ts";
import { readHead, type StoredHead, toHead } from "./head.ts";
import { type StoredEntry, toStored } from "./ledger.ts";

/** The head, and entries of its live generation in the order asked, all of one moment. */
export async function readLedger(
  context: IndexContext,
  ids: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ readonly head: StoredHead; readonly entries: readonly (StoredEntry | undefined)[] }> {
  const { keys, state } = context;
  let { live } = (await readHead(context, signal)).head;
  while (true) {
    const documents = ids.map((id) => keys.document(live.number, id));
    const [first, ...found] = await state.get([keys.head, ...documents], { signal });
    const head = toHead(context, first);
    if (head.head.live.number === live.number) return { head, entries: found.map(toStored) };
    live = head.head.live;
  }
}
