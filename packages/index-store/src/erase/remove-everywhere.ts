import { type StateChange, scanState } from "@keelson/core";
import { commitWrites } from "../commit-writes.ts";
import type { IndexContext } from "../context.ts";
import { abandonGeneration } from "../generations.ts";
import { allGenerations, type Generation, readHead, wholeGenerations } from "../head.ts";
import { stopIntent } from "../intents.ts";
import { toStored } from "../ledger.ts";
import { readLedger } from "../read-ledger.ts";
import { slices } from "../records.ts";
import { withRetries } from "../with-retries.ts";
import type { ErasureWork } from "./erasure-work.ts";
import type { ErasureReceipt } from "./receipt.ts";
import { removeStrays } from "./remove-strays.ts";
import { rewritePacks } from "./rewrite-packs.ts";

const BATCH_DOCUMENTS = 256;

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
  let stoppedWrites = await stopWrites(context, signal);
  let strayRecords = 0;
  const removeFrom = async (number: number): Promise<void> => {
    for (const batch of slices(ids, BATCH_DOCUMENTS)) {
      await breather.breathe(signal);
      await removeFromGeneration(context, number, batch, signal);
      strayRecords += await removeStrays(context, number, batch, signal);
      progress.advance(batch.length);
    }
  };
  const done = new Set<number>();
  // A rebuild may begin or end meanwhile, so that other generations have copies.
  while (true) {
    const { head } = await readHead(context, signal);
    const whole = wholeGenerations(head).find(({ number }) => !done.has(number));
    if (whole === undefined && (head.building === undefined || done.has(head.building.number))) break;
    if (whole === undefined) {
      // What it has read by now, it could still copy: whoever goes by the head as it was begins again.
      await moveHead(context, signal);
      stoppedWrites += await stopWrites(context, signal);
    }
    const { number } = (whole ?? head.building) as Generation;
    await removeFrom(number);
    done.add(number);
  }
  for (const batch of slices(ids, BATCH_DOCUMENTS)) await forgetTouches(context, batch, signal);
  const wanted = new Set(ids);
  const isErased = ({ id, entry }: Parameters<Parameters<typeof rewritePacks>[1]>[0]): boolean =>
    wanted.has(id) || (subject !== undefined && entry.subjects?.includes(subject) === true);
  await rewritePacks(context, isErased, work);
  return { strayRecords, stoppedWrites };
}

/** Whoever staged before the head moved cannot commit any more; what he staged must not wait for him. */
async function stopWrites(context: IndexContext, signal: AbortSignal): Promise<number> {
  let stopped = 0;
  for await (const { key } of scanState(context.state, { prefix: context.keys.intents, signal }))
    if (await stopIntent(context, key.slice(context.keys.intents.length))) stopped++;
  return stopped;
}

async function moveHead(context: IndexContext, signal: AbortSignal): Promise<void> {
  const { keys, state } = context;
  await withRetries("", signal, async () => {
    const { head, revision } = await readHead(context, signal);
    await state.commit([{ key: keys.head, value: head, expect: revision }], { signal });
  });
}

/** Removes the notes that name documents to a rebuild, but of those that have been written anew: it has to copy these. */
async function forgetTouches(
  context: IndexContext,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { keys, state } = context;
  await withRetries(ids[0] as string, signal, async () => {
    const { head, entries } = await readLedger(context, ids, signal);
    const gone = ids.filter((_, i) => entries[i] === undefined);
    const notes = await state.get(
      gone.map((id) => keys.touch(id)),
      { signal },
    );
    const number = head.head.live.number;
    const changes = gone.flatMap((id, i): StateChange[] =>
      notes[i] === undefined
        ? []
        : [
            { key: keys.document(number, id), expect: "absent" },
            { key: keys.touch(id), delete: true },
          ],
    );
    if (changes.length === 0) return;
    await state.commit([{ key: keys.head, expect: head.revision }, ...changes], { signal });
  });
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
