import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import type { DocumentImage } from "./document-image.ts";
import { type Manifest, type PackRef, readObject, snapshotCorrupt } from "./manifest.ts";
import { decodePack } from "./pack.ts";
import { fromRuns } from "./packed.ts";

/** A document of a pack, and its position there. */
export interface PlacedImage {
  readonly image: DocumentImage;
  readonly at: number;
}

/** What a pack has for a snapshot. */
export interface OpenedPack {
  /** The documents that belong to the snapshot. */
  readonly images: readonly PlacedImage[];
  /** How many documents the pack has. */
  readonly size: number;
  readonly bytes: number;
}

/**
 * Reads and checks a pack of a snapshot.
 *
 * @throws KeelsonError SNAPSHOT_CORRUPT naming it when it is missing or not what was written.
 */
export async function readPack(
  context: IndexContext,
  manifest: Manifest,
  { pack, bytes: size, runs }: PackRef,
  signal: AbortSignal | undefined,
): Promise<OpenedPack> {
  const key = context.keys.pack(pack);
  const bytes = await readObject(context, manifest.id, key, signal);
  if (bytes === undefined) throw snapshotCorrupt(manifest.id, key, "missing");
  if (digest(bytes) !== pack) throw snapshotCorrupt(manifest.id, key, "the checksum differs");
  if (bytes.length !== size)
    throw snapshotCorrupt(manifest.id, key, "of another size than the manifest says");
  let images: readonly DocumentImage[];
  try {
    images = decodePack(bytes).images;
  } catch {
    throw snapshotCorrupt(manifest.id, key, "of another format");
  }
  const placed = [...fromRuns(runs)].map((at) => {
    const image = images[at];
    if (image === undefined) throw snapshotCorrupt(manifest.id, key, "shorter than the manifest says");
    return { image, at };
  });
  return { images: placed, size: images.length, bytes: bytes.length };
}
