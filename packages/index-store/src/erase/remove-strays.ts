import type { VectorMatch } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { allGenerations, readHead } from "../head.ts";
import { stagedRecords } from "../intents.ts";
import { toStored } from "../ledger.ts";
import { DOCUMENT_FIELD } from "../records.ts";

const FIRST_MATCHES = 1000;

/**
 * Deletes the records of these documents that a crash, or somebody else, has left: what no ledger entry lists and no write
 * is staging. Where the store has no filters, none can be found.
 *
 * @returns How many there were.
 */
export async function removeStrays(
  context: IndexContext,
  number: number,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { filters, maxTopK = Number.MAX_SAFE_INTEGER } = context.vectors.capabilities;
  const { head } = await readHead(context, signal);
  const generation = allGenerations(head).find((each) => each.number === number);
  if (!filters || generation === undefined) return 0;
  const records = await context.recordsOf(generation, signal);
  const filter = { field: DOCUMENT_FIELD, in: ids };
  // Any vector: the filter alone says what is looked for.
  const vector = new Float32Array(generation.dimension).fill(1);
  let topK = Math.min(FIRST_MATCHES, maxTopK);
  const seen = new Set<string>();
  let removed = 0;
  while (true) {
    const found = await records.query(vector, { topK, filter, signal });
    const fresh = found.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    const strays = await straysOf(context, number, ids, fresh, signal);
    await records.delete(strays, { signal });
    removed += strays.length;
    if (found.length < topK) return removed;
    if (fresh.length > 0) continue;
    // What is kept stands before what is not.
    if (topK < maxTopK) topK = Math.min(topK * 4, maxTopK);
    else if (ids.length === 1) return removed;
    else break;
  }
  const middle = ids.length >> 1;
  for (const half of [ids.slice(0, middle), ids.slice(middle)])
    removed += await removeStrays(context, number, half, signal);
  return removed;
}

/** Those of the records that are of nobody. A write that began after the erasure has its own, of the same documents. */
async function straysOf(
  context: IndexContext,
  number: number,
  ids: readonly string[],
  found: readonly VectorMatch[],
  signal: AbortSignal,
): Promise<string[]> {
  const { keys, state } = context;
  // What is being staged has an intent first, and is listed by the time that the intent has gone: look in that order.
  const used = await stagedRecords(context, signal);
  const entries = await state.get(
    ids.map((id) => keys.document(number, id)),
    { signal },
  );
  for (const each of entries) for (const { id } of toStored(each)?.entry.chunks ?? []) used.add(id);
  return found.flatMap(({ id }) => (used.has(id) ? [] : [id]));
}
