import { isKeelsonError } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { decodePack, type PackContent } from "./pack.ts";
import { listPacks } from "./packs.ts";

/** A pack, and what it holds; `undefined` where it is damaged. */
export interface ReadablePack {
  readonly pack: string;
  readonly content: PackContent | undefined;
}

/** Reads every pack there is, whether a snapshot refers to it or not. */
export async function* readablePacks(
  context: IndexContext,
  signal: AbortSignal,
): AsyncGenerator<ReadablePack> {
  for (const pack of (await listPacks(context, signal)).keys())
    yield { pack, content: await tryPack(context, pack, signal) };
}

/** What a pack holds; `undefined` where it is damaged or not there. */
export async function tryPack(
  { blobs, keys }: IndexContext,
  pack: string,
  signal: AbortSignal | undefined,
): Promise<PackContent | undefined> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await blobs.get(keys.pack(pack), { signal });
  } catch (error) {
    if (!isKeelsonError(error, "STORE_CORRUPT")) throw error;
  }
  if (bytes === undefined || digest(bytes) !== pack) return undefined;
  try {
    return decodePack(bytes);
  } catch {
    return undefined;
  }
}

/** A snapshot's manifest; `undefined` where it is damaged. */
export async function tryManifest(
  context: IndexContext,
  snapshotId: string,
  signal: AbortSignal,
): Promise<Manifest | undefined> {
  try {
    return await readManifest(context, snapshotId, signal);
  } catch (error) {
    if (isKeelsonError(error, "SNAPSHOT_CORRUPT")) return undefined;
    throw error;
  }
}
