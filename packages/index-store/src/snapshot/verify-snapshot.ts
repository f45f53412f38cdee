import { isKeelsonError } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import type { Progress } from "../progress.ts";
import { createContentDigest } from "./content-digest.ts";
import { hashImage } from "./document-image.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { readPack } from "./read-pack.ts";

/** Something that is wrong with a snapshot. */
export interface SnapshotFault {
  /** The key of the object in the blob store. */
  readonly object: string;
  /** What is wrong with it. */
  readonly reason: string;
}

/** What {@link Index.verify} found. */
export interface VerifyReport {
  readonly snapshotId: string;
  /** Is every object there, exactly as it was written? */
  readonly ok: boolean;
  /** What is wrong; empty when it is well. */
  readonly faults: readonly SnapshotFault[];
  /** How many objects were read. */
  readonly objects: number;
  /** How many bytes they have, but for the manifest. */
  readonly bytes: number;
  /** How many documents were found whole. */
  readonly documents: number;
}

/** Reads a whole snapshot, and compares every object with its name and all documents with the digest. */
export async function verifySnapshot(
  context: IndexContext,
  snapshotId: string,
  breather: Breather,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<VerifyReport> {
  while (true) {
    const { manifest, ...report } = await verifyOnce(context, snapshotId, breather, progress, signal);
    if (report.ok || manifest === undefined) return report;
    // An erasure rewrites snapshots, and deletes what they were made of before.
    const now = await unlessFaulty([], () => readManifest(context, snapshotId, signal));
    if (now === undefined || now.digest === manifest.digest) return report;
  }
}

async function verifyOnce(
  context: IndexContext,
  snapshotId: string,
  breather: Breather,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<VerifyReport & { readonly manifest: Manifest | undefined }> {
  const faults: SnapshotFault[] = [];
  const digest = createContentDigest();
  let [objects, bytes, documents, chunks] = [1, 0, 0, 0];
  const manifest = await unlessFaulty(faults, () => readManifest(context, snapshotId, signal));
  for (const ref of manifest?.packs ?? []) {
    await breather.breathe(signal);
    objects++;
    const opened = await unlessFaulty(faults, () => readPack(context, manifest as Manifest, ref, signal));
    for (const { image } of opened?.images ?? []) {
      await breather.breathe(signal);
      digest.add(hashImage(image));
      chunks += image.entry.chunks.length;
    }
    bytes += opened?.bytes ?? 0;
    documents += opened?.images.length ?? 0;
    progress.advance(opened?.images.length ?? 0);
  }
  const complete =
    manifest?.digest === digest.value() && manifest.documents === documents && manifest.chunks === chunks;
  if (faults.length === 0 && !complete)
    faults.push({
      object: context.keys.snapshot(snapshotId),
      reason: "its documents have another digest or number",
    });
  return { snapshotId, ok: faults.length === 0, faults, objects, bytes, documents, manifest };
}

/** Does a part of the work, and notes the fault where an object is missing or damaged. */
export async function unlessFaulty<T>(
  faults: SnapshotFault[],
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isKeelsonError(error, "SNAPSHOT_CORRUPT")) throw error;
    const { object, reason } = error.details;
    faults.push({ object, reason });
    return undefined;
  }
}
