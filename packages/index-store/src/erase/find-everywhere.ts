import { type StateEntry, scanState } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { allGenerations, readHead } from "../head.ts";
import type { LedgerEntry } from "../ledger.ts";
import { slices } from "../records.ts";
import { fromRuns } from "../snapshot/packed.ts";
import { listSnapshotIds } from "../snapshot/packs.ts";
import { readablePacks, tryManifest } from "../snapshot/readable-packs.ts";
import type { ErasureWork } from "./erasure-work.ts";
import type { Found } from "./receipt.ts";

const BATCH = 1000;

/** What is to be erased. */
export interface ErasureTarget {
  readonly ids: readonly string[];
  /** Digest of the subject, as the ledger has it. */
  readonly subject?: string | undefined;
}

/** Looks for documents in all generations and snapshots, and says which those are and where they were found. */
export async function findEverywhere(
  context: IndexContext,
  target: ErasureTarget,
  work: ErasureWork,
): Promise<{ readonly target: ErasureTarget; readonly found: Found }> {
  const { signal } = work.lease;
  const ids = new Set(target.ids);
  const { head } = await readHead(context, signal);
  if (target.subject !== undefined) {
    for (const { number } of allGenerations(head)) {
      const prefix = context.keys.subjectDocuments(number, target.subject);
      for await (const { key } of scanState(context.state, { prefix, signal }))
        ids.add(key.slice(prefix.length));
    }
  }
  const before = ids.size;
  let packs = await findInPacks(context, ids, target.subject, work);
  // Of a document that only a snapshot knows to be about the subject, another pack may have an earlier version.
  if (ids.size > before) packs = await findInPacks(context, ids, target.subject, work);
  const documents = new Set<string>();
  const generations: Found["generations"][number][] = [];
  for (const { number } of allGenerations(head)) {
    const entries = await entriesOf(context, number, [...ids], signal);
    if (entries.length === 0) continue;
    for (const { id } of entries) documents.add(id);
    const chunks = entries.reduce((sum, { entry }) => sum + entry.chunks.length, 0);
    generations.push({ generation: number, documents: entries.length, chunks });
  }
  for (const found of packs.values()) for (const id of found.values()) documents.add(id);
  return {
    target: { ...target, ids: [...ids] },
    found: {
      documents: documents.size,
      generations,
      snapshots: await snapshotsWith(context, packs, signal),
      packs: packs.size,
    },
  };
}

/** The documents of these that a generation has. */
async function entriesOf(
  { keys, state }: IndexContext,
  generation: number,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly entry: LedgerEntry }[]> {
  const found: { readonly id: string; readonly entry: LedgerEntry }[] = [];
  for (const batch of slices(ids, BATCH)) {
    const entries: readonly (StateEntry | undefined)[] = await state.get(
      batch.map((id) => keys.document(generation, id)),
      { signal },
    );
    for (const [i, each] of entries.entries())
      if (each !== undefined)
        found.push({ id: batch[i] as string, entry: each.value as unknown as LedgerEntry });
  }
  return found;
}

/** The packs that hold some of it: by pack and position, the ids. Takes up the ids of documents about the subject. */
async function findInPacks(
  context: IndexContext,
  ids: Set<string>,
  subject: string | undefined,
  { lease: { signal }, breather, progress }: ErasureWork,
): Promise<ReadonlyMap<string, ReadonlyMap<number, string>>> {
  const found = new Map<string, ReadonlyMap<number, string>>();
  for await (const { pack, content } of readablePacks(context, signal)) {
    await breather.breathe(signal);
    const positions = new Map<number, string>();
    for (const [at, { id, entry }] of (content?.images ?? []).entries()) {
      const about = subject !== undefined && entry.subjects?.includes(subject);
      if (about) ids.add(id);
      if (about || ids.has(id)) positions.set(at, id);
    }
    if (positions.size > 0) found.set(pack, positions);
    progress.advance(content?.images.length ?? 0);
  }
  return found;
}

async function snapshotsWith(
  context: IndexContext,
  packs: ReadonlyMap<string, ReadonlyMap<number, string>>,
  signal: AbortSignal,
): Promise<Found["snapshots"]> {
  const snapshots: Found["snapshots"][number][] = [];
  for (const snapshotId of await listSnapshotIds(context, signal)) {
    const manifest = await tryManifest(context, snapshotId, signal);
    const documents = (manifest?.packs ?? []).reduce((sum, { pack, runs }) => {
      const positions = packs.get(pack);
      return positions === undefined
        ? sum
        : sum + [...fromRuns(runs)].filter((at) => positions.has(at)).length;
    }, 0);
    if (documents > 0) snapshots.push({ snapshotId, documents });
  }
  return snapshots;
}
