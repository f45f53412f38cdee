import { isKeelsonError, KeelsonError, type VectorMetric } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { canonical, digest } from "../digest.ts";

/** What a snapshot is, without its content. */
export interface Snapshot {
  /** Sorts by time. */
  readonly id: string;
  /** When it was taken, in epoch milliseconds. */
  readonly createdAtMs: number;
  /** How many documents it holds, expired ones included. */
  readonly documents: number;
  /** How many chunks they have together. */
  readonly chunks: number;
  /** The sum of the SHA-256 of all its documents: equal for equal content, whatever the storage. */
  readonly digest: string;
  /** How many bytes the packs have that it needs; other snapshots may need them too. */
  readonly bytes: number;
  /** How many documents have been erased from it since it was taken. */
  readonly erased: number;
}

/** Which documents of a pack belong to a snapshot. */
export type PackRef = {
  /** The SHA-256 of the pack, which is its name. */
  readonly pack: string;
  readonly bytes: number;
  /** Positions in the pack, ascending, as runs: first, length, first, length, … */
  readonly runs: readonly number[];
};

/** A snapshot's table of contents, written after everything that it names. */
export type Manifest = {
  readonly format: 1;
  readonly id: string;
  readonly index: string;
  readonly createdAtMs: number;
  readonly embedder: string;
  readonly dimension: number;
  readonly metric: VectorMetric;
  readonly documents: number;
  readonly chunks: number;
  readonly digest: string;
  /** How many documents have been erased from it. */
  readonly erased: number;
  readonly packs: readonly PackRef[];
  /** The ledger that it was taken of. */
  readonly origin?: string;
  /** How many erasures that had had by then. */
  readonly erasures?: number;
};

export function encodeManifest(manifest: Manifest): Uint8Array {
  const checksum = digest(canonical(manifest));
  return new TextEncoder().encode(canonical({ checksum, manifest }));
}

/**
 * @throws KeelsonError SNAPSHOT_NOT_FOUND when there is none of that id.
 * @throws KeelsonError SNAPSHOT_CORRUPT when it is not what was written.
 */
export async function readManifest(
  context: IndexContext,
  id: string,
  signal: AbortSignal | undefined,
): Promise<Manifest> {
  const key = context.keys.snapshot(id);
  const bytes = await readObject(context, id, key, signal);
  if (bytes === undefined) {
    const details = { index: context.name, snapshotId: id };
    throw new KeelsonError("SNAPSHOT_NOT_FOUND", `the index ${context.name} has no snapshot ${id}`, {
      details,
    });
  }
  let read: { readonly checksum?: string; readonly manifest?: Manifest } | null;
  try {
    read = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw snapshotCorrupt(id, key, "not JSON");
  }
  const { checksum, manifest } = read ?? {};
  if (manifest === undefined || digest(canonical(manifest)) !== checksum)
    throw snapshotCorrupt(id, key, "the checksum differs");
  if (manifest.id !== id) throw snapshotCorrupt(id, key, "it is the manifest of another snapshot");
  if (manifest.format !== 1) {
    const details = { file: key, format: manifest.format, supported: [1] };
    throw new KeelsonError("STORE_FORMAT_UNSUPPORTED", `the snapshot ${id} has another format`, { details });
  }
  return manifest;
}

/** Reads one object of a snapshot. */
export async function readObject(
  context: IndexContext,
  snapshotId: string,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return await context.blobs.get(key, { signal });
  } catch (error) {
    if (!isKeelsonError(error, "STORE_CORRUPT")) throw error;
    throw snapshotCorrupt(snapshotId, key, "the store found it damaged", error);
  }
}

export function snapshotCorrupt(
  snapshotId: string,
  object: string,
  reason: string,
  cause?: KeelsonError,
): KeelsonError<"SNAPSHOT_CORRUPT"> {
  return new KeelsonError(
    "SNAPSHOT_CORRUPT",
    `the object ${object} of the snapshot ${snapshotId}: ${reason}`,
    {
      details: { snapshotId, object, reason },
      ...(cause !== undefined && { cause }),
    },
  );
}

export function summaryOf(manifest: Manifest): Snapshot {
  const { id, createdAtMs, documents, chunks, digest: content, erased, packs } = manifest;
  const bytes = packs.reduce((sum, pack) => sum + pack.bytes, 0);
  return { id, createdAtMs, documents, chunks, digest: content, bytes, erased };
}
