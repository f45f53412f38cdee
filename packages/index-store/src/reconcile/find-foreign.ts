import { type StateEntry, scanState, type VectorRecord } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import type { Generation } from "../head.ts";
import { type Intent, namedRecords } from "../intents.ts";
import type { LedgerEntry } from "../ledger.ts";
import { documentOf } from "../records.ts";

const PAGE = 500;

/**
 * The records of a generation's collection that no ledger entry lists and no write is about to list or to collect, page
 * by page. None where the store cannot enumerate what it holds.
 *
 * @param listed Records that the ledger lists although they do not say so themselves.
 */
export async function* findForeign(
  context: IndexContext,
  generation: Generation,
  listed: ReadonlySet<string>,
  breather: Breather,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[]> {
  const { scan } = await context.recordsOf(generation, signal);
  if (scan === undefined) return;
  let after: string | undefined;
  while (true) {
    await breather.breathe(signal);
    const page = await scan({ after, limit: PAGE, signal });
    const own = page.filter(({ id }) => !listed.has(id));
    const suspects = await unlisted(context, generation, own, signal);
    if (suspects.length > 0) {
      // What is being staged has an intent first, and is listed by the time that the intent has gone: look in that order.
      const intended = await intendedRecords(context, signal);
      const left = suspects.filter(({ id }) => !intended.has(id));
      yield (await unlisted(context, generation, left, signal)).map(({ id }) => id);
    }
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

async function unlisted(
  { keys, state }: IndexContext,
  { number }: Generation,
  records: readonly VectorRecord[],
  signal: AbortSignal | undefined,
): Promise<readonly VectorRecord[]> {
  const ids = [...new Set(records.flatMap((record) => documentOf(record) ?? []))];
  const entries: readonly (StateEntry | undefined)[] = await state.get(
    ids.map((id) => keys.document(number, id)),
    { signal },
  );
  const listed = new Set(
    entries.flatMap((each) => (each?.value as LedgerEntry | undefined)?.chunks.map(({ id }) => id) ?? []),
  );
  return records.filter(({ id }) => !listed.has(id));
}

async function intendedRecords(
  { keys, state }: IndexContext,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { value } of scanState(state, { prefix: keys.intents, signal })) {
    for (const id of namedRecords(value as unknown as Intent)) ids.add(id);
  }
  return ids;
}
