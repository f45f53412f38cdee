import type { IndexContext } from "./context.ts";
import type { Generation } from "./head.ts";
import type { StoredEntry } from "./ledger.ts";

/** Which of its records each entry has lost. */
export async function missingOf(
  context: IndexContext,
  generation: Generation,
  entries: readonly (StoredEntry | undefined)[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>[]> {
  const lists = entries.map((stored) => stored?.entry.chunks.map(({ id }) => id) ?? []);
  const found = await (await context.recordsOf(generation, signal)).get(lists.flat(), { signal });
  return lists.map((ids) => new Set(ids.filter((id) => !found.has(id))));
}
