import type { StateEntry } from "@keelson/core";
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
    const asked = [keys.head];
    addKeys(asked, keys.documents(generation.number), ids);
    const found = await state.get(asked, { signal });
    const head = toHead(context, found[0]);
    const chosen = choose(head.head);
    if (chosen.number === generation.number) return { head, generation, entries: entriesOf(found) };
    generation = chosen;
  }
}

function addKeys(list: string[], prefix: string, ids: readonly string[]): void {
  for (const id of ids) list.push(prefix + id);
}

/** The entries behind the head. */
function entriesOf(found: readonly (StateEntry | undefined)[]): (StoredEntry | undefined)[] {
  const entries: (StoredEntry | undefined)[] = [];
  for (let i = 1; i < found.length; i++) entries.push(toStored(found[i]));
  return entries;
}

interface Ledger {
  readonly head: StoredHead;
  /** Whose entries they are. */
  readonly generation: Generation;
  readonly entries: readonly (StoredEntry | undefined)[];
}
