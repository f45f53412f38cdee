import type { IndexContext } from "./context.ts";
import { type Generation, type Head, readHead, type StoredHead, toHead } from "./head.ts";
import { type StoredEntry, toStored } from "./ledger.ts";

/** The head, and entries of its live generation or the one chosen, in the order asked, all of one moment. */
export async function readLedger(
  context: IndexContext,
  ids: readonly string[],
  signal: AbortSignal | undefined,
  choose: (head: Head) => Generation = ({ live }) => live,
): Promise<Ledger> {
  const { keys, state } = context;
  let generation = choose((await readHead(context, signal)).head);
  while (true) {
    const prefix = keys.documents(generation.number);
    const documents = ids.map((id) => prefix + id);
    const [first, ...found] = await state.get([keys.head, ...documents], { signal });
    const head = toHead(context, first);
    const chosen = choose(head.head);
    if (chosen.number === generation.number) return { head, generation, entries: found.map(toStored) };
    generation = chosen;
  }
}

interface Ledger {
  readonly head: StoredHead;
  /** Whose entries they are. */
  readonly generation: Generation;
  readonly entries: readonly (StoredEntry | undefined)[];
}
