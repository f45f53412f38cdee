import { isKeelsonError, KeelsonError, type StateChange } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import { abandonGeneration, beginGeneration, swapGeneration } from "../generations.ts";
import { assertSameEmbedder, type Generation, type StoredHead } from "../head.ts";
import { settleUnfinished } from "../intents.ts";
import { ledgerChanges, toStored } from "../ledger.ts";
import { recordMetadata, slices } from "../records.ts";
import { type DocumentImage, encodeImage } from "./document-image.ts";
import {
  type Manifest,
  type PackRef,
  readManifest,
  readObject,
  type Snapshot,
  snapshotCorrupt,
  summaryOf,
} from "./manifest.ts";
import { decodePack } from "./pack.ts";
import { fromRuns, type Packed, summarizePacked } from "./packed.ts";

const BATCH_DOCUMENTS = 256;

/** What {@link Index.restore} did. */
export interface RestoreResult {
  /** The snapshot that is live now. */
  readonly snapshot: Snapshot;
  /** The number of the new generation. */
  readonly generation: number;
}

/**
 * Restores a snapshot into a new generation: every object is checked as it is read, every document is read back from
 * the new generation and compared, and the whole against the snapshot's digest. Only then the pointer moves.
 */
export async function restoreSnapshot(
  context: IndexContext,
  snapshotId: string,
  breather: Breather,
  signal: AbortSignal | undefined,
): Promise<RestoreResult> {
  signal?.throwIfAborted();
  const manifest = await readManifest(context, snapshotId, signal);
  assertSameEmbedder(context, manifest);
  await settleUnfinished(context);
  const { embedder, dimension, metric } = manifest;
  const plan = { purpose: "restore", embedder, dimension, metric } as const;
  const { building, head } = await beginGeneration(context, plan, signal);
  try {
    for (const ref of manifest.packs) {
      const images = await readPack(context, manifest, ref, signal);
      for (const batch of slices(images, BATCH_DOCUMENTS)) {
        await breather.breathe(signal);
        await restoreDocuments(context, manifest, ref, building, head, batch, signal);
      }
    }
    const found = await summarizePacked(context, building.number, signal);
    if (found.digest !== manifest.digest || found.documents !== manifest.documents)
      throw snapshotCorrupt(
        snapshotId,
        context.keys.snapshot(snapshotId),
        "what was restored has another digest",
      );
    await swapGeneration(context, head, [], signal);
  } catch (error) {
    const superseded = await abandonOrLeave(context, building);
    // Whoever began another generation dropped this one, which then looks damaged or is gone.
    if (superseded && isKeelsonError(error) && error.code !== "STATE_CONFLICT")
      throw conflict(context, head, error);
    throw error;
  }
  return { snapshot: summaryOf(manifest), generation: building.number };
}

interface PlacedImage {
  readonly image: DocumentImage;
  readonly at: number;
}

async function readPack(
  context: IndexContext,
  manifest: Manifest,
  { pack, runs }: PackRef,
  signal: AbortSignal | undefined,
): Promise<PlacedImage[]> {
  const key = context.keys.pack(pack);
  const bytes = await readObject(context, manifest.id, key, signal);
  if (bytes === undefined) throw snapshotCorrupt(manifest.id, key, "missing");
  if (digest(bytes) !== pack) throw snapshotCorrupt(manifest.id, key, "the checksum differs");
  let images: DocumentImage[];
  try {
    images = decodePack(bytes);
  } catch {
    throw snapshotCorrupt(manifest.id, key, "of another format");
  }
  return [...fromRuns(runs)].map((at) => {
    const image = images[at];
    if (image === undefined) throw snapshotCorrupt(manifest.id, key, "shorter than the manifest says");
    return { image, at };
  });
}

async function restoreDocuments(
  context: IndexContext,
  manifest: Manifest,
  { pack }: PackRef,
  building: Generation,
  head: StoredHead,
  batch: readonly PlacedImage[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { keys, state } = context;
  const { number } = building;
  const records = await context.recordsOf(building, signal);
  await records.upsert(
    batch.flatMap(({ image: { id, entry, texts, vectors } }) =>
      entry.chunks.map((chunk, i) => ({
        id: chunk.id,
        vector: vectors[i] as Float32Array,
        text: texts[i] as string,
        metadata: recordMetadata(id, entry.metadata),
      })),
    ),
    { signal },
  );
  const headCheck: StateChange = { key: keys.head, expect: head.revision };
  const entries = batch.flatMap(({ image: { id, entry } }) =>
    ledgerChanges(keys, number, { id, before: undefined, after: entry }),
  );
  await state.commit([headCheck, ...entries], { signal });

  // Read back, and only now said to be there: the digest is made of what the new generation holds.
  const found = await state.get(
    batch.map(({ image: { id } }) => keys.document(number, id)),
    { signal },
  );
  const read = await records.get(
    batch.flatMap(({ image }) => image.entry.chunks.map(({ id }) => id)),
    { signal },
  );
  const packed = batch.map(({ image: { id }, at }, i): StateChange => {
    const stored = toStored(found[i]);
    const parts = stored?.entry.chunks.flatMap((chunk) => read.get(chunk.id) ?? []) ?? [];
    if (stored === undefined || parts.length !== stored.entry.chunks.length)
      throw snapshotCorrupt(manifest.id, keys.pack(pack), "the storage did not keep what was restored");
    const { entry, revision } = stored;
    const texts = parts.map(({ text }) => text ?? "");
    const vectors = parts.map(({ vector }) => vector);
    const { hash } = encodeImage({ id, entry, texts, vectors });
    const value: Packed = { pack, at, revision, hash, chunks: entry.chunks.length };
    return { key: keys.packedDocument(number, id), value };
  });
  await state.commit([headCheck, ...packed], { signal });
}

// The next opening drops what could not be dropped now; the caller is about to hear of the first failure.
async function abandonOrLeave(context: IndexContext, building: Generation): Promise<boolean> {
  try {
    return await abandonGeneration(context, building);
  } catch {
    return false;
  }
}

function conflict(
  context: IndexContext,
  head: StoredHead,
  cause: KeelsonError,
): KeelsonError<"STATE_CONFLICT"> {
  const details = { key: context.keys.head, expect: head.revision, actual: "absent" } as const;
  return new KeelsonError("STATE_CONFLICT", "another restore or migration came between", { details, cause });
}
