import { isKeelsonError, KeelsonError, type StateChange } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import { readTombstones } from "../erase/tombstones.ts";
import { abandonGeneration, beginGeneration, swapGeneration } from "../generations.ts";
import { assertSameEmbedder, type Generation, type StoredHead } from "../head.ts";
import { settleUnfinished } from "../intents.ts";
import { type Progress, type ProgressOptions, withProgress } from "../progress.ts";
import { type Manifest, readManifest, type Snapshot, summaryOf } from "./manifest.ts";
import { restoreInto } from "./restore-into.ts";

/** What {@link Index.restore} did. */
export interface RestoreResult {
  /** The snapshot that is live now. */
  readonly snapshot: Snapshot;
  /** The number of the new generation. */
  readonly generation: number;
  /** How many of its documents were left out, because they have been erased since. */
  readonly leftOut: number;
}

/** Restores a snapshot into a new generation, and moves the pointer once it has proved to equal the snapshot. */
export async function restoreSnapshot(
  context: IndexContext,
  snapshotId: string,
  breather: Breather,
  { onProgress, signal }: ProgressOptions,
): Promise<RestoreResult> {
  let next = await readManifest(context, snapshotId, signal);
  while (true) {
    const manifest = next;
    try {
      return await withProgress(onProgress, { task: "restore", total: manifest.documents }, (progress) =>
        restoreFrom(context, manifest, breather, progress, signal),
      );
    } catch (error) {
      if (!isKeelsonError(error, "SNAPSHOT_CORRUPT")) throw error;
      next = await readManifest(context, snapshotId, signal);
      // An erasure rewrites snapshots, and deletes what they were made of before.
      if (next.digest === manifest.digest) throw error;
    }
  }
}

async function restoreFrom(
  context: IndexContext,
  manifest: Manifest,
  breather: Breather,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<RestoreResult> {
  signal?.throwIfAborted();
  assertSameEmbedder(context, manifest);
  await settleUnfinished(context);
  const { embedder, dimension, metric } = manifest;
  const plan = { purpose: "restore", embedder, dimension, metric } as const;
  const { building, head } = await beginGeneration(context, plan, signal);
  const headCheck: StateChange = { key: context.keys.head, expect: head.revision };
  try {
    const isErased = await readTombstones(context, manifest, signal);
    const { leftOut } = await restoreInto(
      context,
      manifest,
      { context, generation: building, checks: [headCheck] },
      { isErased, breather, progress, signal },
    );
    await swapGeneration(context, head, { live: true, signal });
    return { snapshot: summaryOf(manifest), generation: building.number, leftOut };
  } catch (error) {
    const superseded = await abandonOrLeave(context, building);
    // Whoever began another generation dropped this one, which then looks damaged or is gone.
    if (superseded && isKeelsonError(error) && error.code !== "STATE_CONFLICT")
      throw conflict(context, head, error);
    throw error;
  }
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
