import { isKeelsonError, type StateEntry, scanState } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import { type Generation, type Head, readHead } from "../head.ts";
import type { Lease } from "../lease.ts";
import type { Progress } from "../progress.ts";
import { slices } from "../records.ts";
import { createPacker, type Packer } from "./create-packer.ts";
import { encodeManifest, type Manifest, readManifest, type Snapshot, summaryOf } from "./manifest.ts";
import { type Packed, type PackedSummary, packedRevision, summarizePacked } from "./packed.ts";
import { listPacks } from "./packs.ts";

const PAGE = 256;
// A pack is repacked once less than half of its documents are in use, so all packs take twice what they are worth at most.
const LEAST_USE = 0.5;
// What little was written between two snapshots makes small packs; so many of them become one.
const SMALL_PACK_DOCUMENTS = 64;
const MOST_SMALL_PACKS = 32;

/**
 * Takes a snapshot of the live generation, under the lease of snapshots: packs what no pack has as it is, then names all
 * packed documents in a manifest. What has not changed since an earlier snapshot is neither read nor written, unless its
 * pack holds little else of use.
 */
export async function takeSnapshot(
  context: IndexContext,
  lease: Lease,
  breather: Breather,
  progress: Progress,
): Promise<Snapshot> {
  const { signal } = lease;
  const { head } = await readHead(context, signal);
  const { live } = head;
  const sizes = await listPacks(context, signal);
  const packer = createPacker(context, live, lease, sizes);
  for await (const { ids, looked } of unpackedDocuments(context, live, sizes, breather, signal)) {
    await packer.add(ids);
    progress.advance(looked);
  }
  await packer.finish();
  let summary = await summarizePacked(context, live.number, sizes, signal);
  const sparse = sparsePacks(summary);
  if (sparse.size > 0) {
    await repack(context, live, sparse, packer, breather, signal);
    summary = await summarizePacked(context, live.number, sizes, signal);
  }
  return await writeManifest(context, head, summary, lease);
}

/** The documents that no existing pack holds as they are, by ascending id, in batches. */
async function* unpackedDocuments(
  context: IndexContext,
  { number }: Generation,
  existing: ReadonlyMap<string, number>,
  breather: Breather,
  signal: AbortSignal,
): AsyncGenerator<{ readonly ids: readonly string[]; readonly looked: number }> {
  const { state, keys } = context;
  const prefix = keys.documents(number);
  let after: string | undefined;
  while (true) {
    await breather.breathe(signal);
    const page = await state.scan({ prefix, after, limit: PAGE, signal });
    const ids = page.map(({ key }) => key.slice(prefix.length));
    const packed = await state.get(
      ids.map((id) => keys.packedDocument(number, id)),
      { signal },
    );
    yield {
      ids: ids.filter((_, i) => !isPacked(page[i] as StateEntry, packed[i], existing)),
      looked: ids.length,
    };
    after = page.at(-1)?.key;
    if (after === undefined) return;
  }
}

function isPacked(
  entry: StateEntry,
  found: StateEntry | undefined,
  existing: ReadonlyMap<string, number>,
): boolean {
  if (found === undefined) return false;
  return packedRevision(found) === entry.revision && existing.has((found.value as unknown as Packed).pack);
}

function sparsePacks({ use }: PackedSummary): ReadonlySet<string> {
  const small = [...use].filter(([, { of }]) => of < SMALL_PACK_DOCUMENTS).map(([pack]) => pack);
  const sparse = [...use].filter(([, { documents, of }]) => documents < LEAST_USE * of).map(([pack]) => pack);
  return new Set(small.length > MOST_SMALL_PACKS ? [...sparse, ...small] : sparse);
}

async function repack(
  context: IndexContext,
  { number }: Generation,
  sparse: ReadonlySet<string>,
  packer: Packer,
  breather: Breather,
  signal: AbortSignal,
): Promise<void> {
  const { state, keys } = context;
  const prefix = keys.packed(number);
  const ids: string[] = [];
  for await (const { key, value } of scanState(state, { prefix, signal })) {
    if (sparse.has((value as unknown as Packed).pack)) ids.push(key.slice(prefix.length));
  }
  for (const batch of slices(ids, PAGE)) {
    await breather.breathe(signal);
    await packer.add(batch);
  }
  await packer.finish();
}

async function writeManifest(
  context: IndexContext,
  { live, origin, erasures = 0 }: Head,
  { documents, chunks, digest, packs }: PackedSummary,
  { fence, signal, assertKept }: Lease,
): Promise<Snapshot> {
  const { blobs, keys, state } = context;
  const createdAtMs = context.clock.now();
  const manifest: Manifest = {
    format: 1,
    id: `${new Date(createdAtMs).toISOString().replaceAll(/[-:.]/g, "")}-${digest.slice(0, 12)}`,
    index: context.name,
    createdAtMs,
    embedder: live.embedder,
    dimension: live.dimension,
    metric: live.metric,
    documents,
    chunks,
    digest,
    erased: 0,
    packs,
    origin,
    erasures,
  };
  const key = keys.snapshot(manifest.id);
  await state.commit([fence], { signal });
  try {
    await blobs.put(key, encodeManifest(manifest), { ifAbsent: true, signal });
  } catch (error) {
    // Taken in the same millisecond of the same content: it is the same snapshot.
    if (!isKeelsonError(error, "BLOB_EXISTS")) throw error;
    return summaryOf(await readManifest(context, manifest.id, signal));
  }
  try {
    await state.commit([fence]);
  } catch (error) {
    // Whoever took over may have deleted packs that it names.
    await blobs.delete(key);
    assertKept(error);
    throw error;
  }
  return summaryOf(manifest);
}
