import { type BlobStore, isKeelsonError } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { canonical, digest } from "../digest.ts";

/** What is remembered of a drill. */
export interface DrillRecord {
  /** When it ended, in epoch milliseconds. */
  readonly atMs: number;
  /** Did the snapshot restore, with its digest, and answer as it should? */
  readonly ok: boolean;
  /** How long the restore took, in milliseconds. */
  readonly restoreMs: number;
}

/** Remembers a drill beside its snapshot, in the place of an earlier one. */
export async function writeDrill(context: IndexContext, id: string, record: DrillRecord): Promise<void> {
  const drill = { ...record };
  const content = canonical({ checksum: digest(canonical(drill)), drill });
  await context.blobs.put(context.keys.drill(id), new TextEncoder().encode(content));
}

/** The newest drill of each snapshot that has had one. One that cannot be read proves nothing, and is left out. */
export async function readDrills(
  { blobs, keys }: IndexContext,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, DrillRecord>> {
  const found = new Map<string, DrillRecord>();
  let after: string | undefined;
  while (true) {
    const page = await blobs.list(keys.drills, { after, signal });
    for (const { key } of page) {
      const record = decode(await readBlob(blobs, key, signal));
      if (record !== undefined) found.set(key.slice(keys.drills.length), record);
    }
    after = page.at(-1)?.key;
    if (after === undefined) return found;
  }
}

async function readBlob(
  blobs: BlobStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return await blobs.get(key, { signal });
  } catch (error) {
    if (isKeelsonError(error, "STORE_CORRUPT")) return undefined;
    throw error;
  }
}

function decode(bytes: Uint8Array | undefined): DrillRecord | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { checksum, drill } = JSON.parse(new TextDecoder().decode(bytes));
    return digest(canonical(drill)) === checksum ? drill : undefined;
  } catch {
    return undefined;
  }
}
