import type { StateChange } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import type { Generation } from "../head.ts";
import { jsonEquals } from "../json-equals.ts";
import { type EntryChange, ledgerChanges } from "../ledger.ts";
import type { Progress } from "../progress.ts";
import { recordMetadata, slices } from "../records.ts";
import { createContentDigest } from "./content-digest.ts";
import { type DocumentImage, hashImage } from "./document-image.ts";
import { type Manifest, snapshotCorrupt } from "./manifest.ts";
import { type Packed, summarizePacked } from "./packed.ts";
import { type OpenedPack, type PlacedImage, readPack } from "./read-pack.ts";

const BATCH_DOCUMENTS = 256;
const NO_SIZES: ReadonlyMap<string, number> = new Map();

/** An empty generation that a snapshot is restored into. */
export interface RestoreTarget {
  /** Where it is: the index's own context, or a scratch one. */
  readonly context: IndexContext;
  readonly generation: Generation;
  /** What every commit checks. */
  readonly checks: readonly StateChange[];
}

export interface RestoreOptions {
  /** Is the document not to come back, because it has been erased? */
  readonly isErased: (image: DocumentImage) => boolean;
  readonly breather: Breather;
  readonly progress: Progress;
  readonly signal: AbortSignal | undefined;
  /** Is given the documents that are restored, pack by pack. */
  readonly onImages?: (images: readonly DocumentImage[]) => void;
}

/** What {@link restoreInto} did. */
export interface RestoredContent {
  /** How many documents were left out, because they have been erased. */
  readonly leftOut: number;
  /** How many bytes were read. */
  readonly bytes: number;
}

/**
 * Restores a snapshot into an empty generation: every object is checked as it is read, every document is read back and
 * compared, and the whole with the snapshot's digest.
 *
 * @throws KeelsonError SNAPSHOT_CORRUPT naming the object that is missing or damaged.
 */
export async function restoreInto(
  source: IndexContext,
  manifest: Manifest,
  target: RestoreTarget,
  { isErased, breather, progress, signal, onImages }: RestoreOptions,
): Promise<RestoredContent> {
  const leftOut: DocumentImage[] = [];
  let bytes = 0;
  for (const ref of manifest.packs) {
    const opened = await readPack(source, manifest, ref, signal);
    bytes += opened.bytes;
    const wanted: PlacedImage[] = [];
    for (const placed of opened.images) {
      if (isErased(placed.image)) leftOut.push(placed.image);
      else wanted.push(placed);
    }
    onImages?.(wanted.map(({ image }) => image));
    for (const batch of slices(wanted, BATCH_DOCUMENTS)) {
      await breather.breathe(signal);
      const kept = await restoreDocuments(target, ref.pack, opened, batch, signal);
      if (!kept)
        throw snapshotCorrupt(
          manifest.id,
          source.keys.pack(ref.pack),
          "the storage did not keep what was restored",
        );
      progress.advance(batch.length);
    }
  }
  const found = await summarizePacked(target.context, target.generation.number, NO_SIZES, signal);
  const digest = createContentDigest(found.digest);
  for (const image of leftOut) digest.add(hashImage(image));
  if (digest.value() !== manifest.digest || found.documents + leftOut.length !== manifest.documents)
    throw snapshotCorrupt(
      manifest.id,
      source.keys.snapshot(manifest.id),
      "what was restored has another digest",
    );
  return { leftOut: leftOut.length, bytes };
}

/** Restores a batch, and says whether the storage has it now as it was given. */
async function restoreDocuments(
  { context, generation, checks }: RestoreTarget,
  pack: string,
  { size }: OpenedPack,
  batch: readonly PlacedImage[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { keys, state } = context;
  const { number } = generation;
  const records = await context.recordsOf(generation, signal);
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
  // Read back: the digest is made of what the new generation holds.
  const read = await records.get(
    batch.flatMap(({ image }) => image.entry.chunks.map(({ id }) => id)),
    { signal },
  );
  const entered: EntryChange[] = [];
  const notes: StateChange[] = [{ key: keys.anyPacked(number), value: null }];
  for (const { image, at } of batch) {
    const { id, entry } = image;
    const parts = entry.chunks.flatMap((chunk) => read.get(chunk.id) ?? []);
    if (parts.length !== entry.chunks.length) return false;
    const texts = parts.map(({ text }) => text ?? "");
    const vectors = parts.map(({ vector }) => vector);
    const hash = hashImage({ id, entry, texts, vectors });
    const value: Packed = { pack, at, of: size, hash, chunks: entry.chunks.length };
    entered.push({ id, before: undefined, after: entry });
    notes.push({ key: keys.packedDocument(number, id), value });
  }
  await state.commit([...checks, ...ledgerChanges(keys, number, entered), ...notes], { signal });
  const entries = await state.get(
    batch.map(({ image: { id } }) => keys.document(number, id)),
    { signal },
  );
  return entries.every((found, i) => jsonEquals(found?.value, batch[i]?.image.entry));
}
