import type { IndexContext } from "../context.ts";
import { type DrillRecord, readDrills } from "./drill-records.ts";
import { readManifest, type Snapshot, summaryOf } from "./manifest.ts";
import { listSnapshotIds } from "./packs.ts";

/** A snapshot as {@link Index.snapshots} lists it. */
export interface ListedSnapshot extends Snapshot {
  /** Its newest drill, where it has had one. */
  readonly drill?: DrillRecord | undefined;
}

/** All snapshots of the index, oldest first. */
export async function listSnapshots(
  context: IndexContext,
  signal: AbortSignal | undefined,
): Promise<ListedSnapshot[]> {
  signal?.throwIfAborted();
  const drills = await readDrills(context, signal);
  const found: ListedSnapshot[] = [];
  for (const id of await listSnapshotIds(context, signal)) {
    const drill = drills.get(id);
    const summary = summaryOf(await readManifest(context, id, signal));
    found.push({ ...summary, ...(drill !== undefined && { drill }) });
  }
  return found;
}
