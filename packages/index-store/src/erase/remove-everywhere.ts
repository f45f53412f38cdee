import { type StateChange, scanState } from "@keelson/core";
import { commitWrites } from "../commit-writes.ts";
import type { IndexContext } from "../context.ts";
import { abandonGeneration } from "../generations.ts";
import { allGenerations, type Generation, readHead } from "../head.ts";
import { stopIntent } from "../intents.ts";
import { toStored } from "../ledger.ts";
import { DOCUMENT_FIELD, slices } from "../records.ts";
import { withRetries } from "../with-retries.ts";
import type { ErasureWork } from "./erasure-work.ts";
import type { ErasureReceipt } from "./receipt.ts";
import { rewritePacks } from "./rewrite-packs.ts";

const BATCH_DOCUMENTS = 256;
const MOST_MATCHES = 1000;

interface Target {
  readonly ids: readonly string[];
  readonly subject?: string;
}

/** What an erasure met beside what was listed. */
export type Met = Pick<ErasureReceipt, "strayRecords" | "stoppedWrites">;

/**
 * Removes documents from all generations, whatever others have staged of them, and all snapshots. Doing it again does
 * no harm.
 */
export async function removeEverywhere(
  context: IndexContext,
  { ids, subject }: Target,
  work: ErasureWork,
): Promise<Met> {
  const { lease, breather, progress } = work;
  const { signal } = lease;
  // What a restore has decoded by now may hold some of it; the next one leaves it out.
  const { building } = (await readHead(context, signal)).head;
  if (building?.purpose === "restore") await abandonGeneration(context, building);
  // Whoever staged before the head moved cannot commit any more; what he staged must not wait for him.
  let stoppedWrites = 0;
  for await (const { key } of scanState(context.state, { prefix: context.keys.intents, signal }))
    if (await stopIntent(context, key.slice(context.keys.intents.length))) stoppedWrites++;
  let strayRecords = 0;
  for (const { number } of allGenerations((await readHead(context, signal)).head)) {
    for (const batch of slices(ids, BATCH_DOCUMENTS)) {
      await breather.breathe(signal);
      await removeFromGeneration(context, number, batch, signal);
      strayRecords += await removeStrays(context, number, batch, signal);
      progress.advance(batch.length);
    }
  }
  // What a rebuild still had to look at is gone from both generations.
  for (const batch of slices(ids, BATCH_DOCUMENTS))
    await context.state.commit(batch.map((id) => ({ key: context.keys.touch(id), delete: true })));
  const wanted = new Set(ids);
  const isErased = ({ id, entry }: Parameters<Parameters<typeof rewritePacks>[1]>[0]): boolean =>
    wanted.has(id) || (subject !== undefined && entry.subjects?.includes(subject) === true);
  await rewritePacks(context, isErased, work);
  return { strayRecords, stoppedWrites };
}

async function removeFromGeneration(
  context: IndexContext,
  number: number,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await withRetries(ids[0] as string, signal, async () => {
    const head = await readHead(context, signal);
    const generation = generationOf(head.head, number);
    if (generation === undefined) return;
    const entries = await context.state.get(
      ids.map((id) => context.keys.document(number, id)),
      { signal },
    );
    const changes = ids.flatMap((id, i) => {
      const before = toStored(entries[i]);
      return before === undefined ? [] : [{ id, before, after: undefined }];
    });
    await commitWrites(context, { id: context.newId(), generation, head, changes, staged: [] }, signal);
    // What is left of those that were never whole: a snapshot's note without its document.
    const notes = ids.map(
      (id): StateChange => ({ key: context.keys.packedDocument(number, id), delete: true }),
    );
    await context.state.commit([{ key: context.keys.head, expect: head.revision }, ...notes], { signal });
  });
}

function generationOf(head: Parameters<typeof allGenerations>[0], number: number): Generation | undefined {
  return allGenerations(head).find((generation) => generation.number === number);
}

/** Deletes records of these documents that a crash, or somebody else, has left. */
async function removeStrays(
  context: IndexContext,
  number: number,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const { filters, maxTopK = MOST_MATCHES } = context.vectors.capabilities;
  const generation = generationOf((await readHead(context, signal)).head, number);
  if (!filters || generation === undefined) return 0;
  const records = await context.recordsOf(generation, signal);
  const topK = Math.min(MOST_MATCHES, maxTopK);
  const filter = { field: DOCUMENT_FIELD, in: ids };
  // Any vector: the filter alone says what is looked for.
  const vector = new Float32Array(generation.dimension).fill(1);
  const removed = new Set<string>();
  while (true) {
    const found = await records.query(vector, { topK, filter, signal });
    const fresh = found.map(({ id }) => id).filter((id) => !removed.has(id));
    if (fresh.length === 0) return removed.size;
    await records.delete(fresh, { signal });
    for (const id of fresh) removed.add(id);
  }
}
