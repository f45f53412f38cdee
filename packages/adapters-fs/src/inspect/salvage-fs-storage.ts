import { basename, join } from "node:path";
import { argumentInvalid, assertKey, type VectorCollectionInfo } from "@keelson/core";
import { assertShape, createEngine, type Engine, type Op } from "@keelson/storage-engine";
import { encodeBlobFile } from "../blobs/blob-file.ts";
import { blobPath } from "../blobs/blob-paths.ts";
import { writeCheckpoint } from "../checkpoint/write-checkpoint.ts";
import { createWhole, makeDirectory, readWhole } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import { createLayout, type Layout } from "../layout.ts";
import { createLog } from "../log/open-log.ts";
import { nodeFileSystem } from "../node-file-system.ts";
import { nextKeyFile } from "../secrets/find-master-keys.ts";
import { corrupt, failed } from "../store-error.ts";
import type { FsToolOptions } from "./inspect-fs-storage.ts";
import { readBlobFiles } from "./read-blob-files.ts";
import { findStoreFiles, type StoreDamage } from "./store-files.ts";
import { type FrameContent, walkStore } from "./walk-store.ts";

/** What {@link salvageFsStorage} saved, and what not. */
export interface FsSalvageReport {
  /** How many vector records, state entries, secrets and blobs the new store holds. */
  readonly records: number;
  readonly entries: number;
  readonly secrets: number;
  readonly blobs: number;
  /** What could not be read, by file and byte. */
  readonly damage: readonly StoreDamage[];
  /** Collections of which records were left out, since the frame that made them was lost: name them in `collections`. */
  readonly missingCollections: readonly string[];
}

/** What {@link salvageFsStorage} takes. */
export interface FsSalvageOptions extends FsToolOptions {
  /** Collections to make, should the frame that made them be lost. */
  readonly collections?: readonly VectorCollectionInfo[] | undefined;
}

/**
 * Copies all that can be read of a damaged store to a new directory, which opens as any store does. The old one is not
 * changed; no process may have it open.
 *
 * What stood in a damaged frame is lost, and so may be the news that something was deleted or replaced: then the old
 * content is back. Secrets stay sealed, and need the key that they needed; the store's own key file is copied.
 *
 * @param to Has to be empty, or missing.
 * @throws KeelsonError ARGUMENT_INVALID when `to` is not empty, or a collection of another dimension than a whole
 * number. Nothing is changed then.
 * @throws KeelsonError STORE_CORRUPT when nothing tells which store it is: there is nothing to save but blobs.
 * @throws KeelsonError STORE_FAILED when the filesystem refuses.
 *
 * @example
 * ```ts
 * import { openFsStorage, salvageFsStorage } from "@keelson/adapters-fs";
 *
 * const storage = await openFsStorage("./damaged");
 * await storage.state.commit([{ key: "greeting", value: "hello" }]);
 * await storage.close();
 *
 * const { entries, damage } = await salvageFsStorage("./damaged", "./salvaged");
 * console.log(entries, damage); // 1 []
 * ```
 */
export async function salvageFsStorage(
  from: string,
  to: string,
  options: FsSalvageOptions = {},
): Promise<FsSalvageReport> {
  const { fileSystem = nodeFileSystem, collections = [] } = options;
  const [source, target] = [createLayout(from, "from"), createLayout(to, "to")];
  for (const { name, dimension, metric } of collections) {
    assertKey(name, 256);
    assertShape(dimension, metric);
  }
  try {
    if ((await fileSystem.exists(target.root)) && (await fileSystem.list(target.root)).length > 0)
      throw argumentInvalid("to", "is not empty");
    return await salvage(fileSystem, source, target, collections);
  } catch (cause) {
    throw failed(`salvage ${source.root}`, cause);
  }
}

async function salvage(
  fileSystem: FileSystem,
  source: Layout,
  target: Layout,
  collections: readonly VectorCollectionInfo[],
): Promise<FsSalvageReport> {
  const found = await findStoreFiles(fileSystem, source);
  const { storeId } = found;
  if (storeId === undefined)
    throw corrupt(source.acknowledged, 0, 0, "no file of the store can be read as such");
  const damage: StoreDamage[] = [...found.damage];
  const engine = createEngine();
  for (const { name, dimension, metric } of collections)
    engine.apply({ type: "createCollection", name, dimension, metric }, 0);
  const missing = new Set<string>();
  let through = 0;
  for await (const met of walkStore(fileSystem, found)) {
    if (!("content" in met)) {
      damage.push("damage" in met ? met.damage : met.tornTail);
      continue;
    }
    const { content, bytes, sequence } = met;
    if (content.kind === "end") through = content.end.through.sequence;
    takeIn(engine, content, bytes, (name) => {
      // Up to there an op may be about a collection that was dropped while the checkpoint was written.
      if (content.kind === "block" || sequence > through) missing.add(name);
    });
  }

  for (const directory of [target.temporary, target.log, target.blobs])
    await makeDirectory(fileSystem, directory);
  await copyKeyFiles(fileSystem, source, target);
  const start = await createLog(fileSystem, target, storeId);
  await writeCheckpoint({
    ...{ fileSystem, layout: target, storeId, start },
    blocks: engine.contents(4 * 1024 * 1024),
    through: async () => start,
    goOn: async () => {},
  });
  let blobs = 0;
  for await (const blob of readBlobFiles(fileSystem, source)) {
    if ("damage" in blob) {
      damage.push(blob.damage);
      continue;
    }
    const { directory, file } = blobPath(target.blobs, blob.key);
    await makeDirectory(fileSystem, directory);
    await createWhole(fileSystem, file, encodeBlobFile(blob.key, blob.content));
    await fileSystem.syncDirectory(directory);
    blobs++;
  }
  const all = { prefix: "", after: undefined, limit: Number.MAX_SAFE_INTEGER };
  const records = engine.tables.values().reduce((sum, { size }) => sum + size, 0);
  const entries = engine.entries.page(all).length;
  const secrets = engine.secrets.keys().length;
  return { records, entries, secrets, blobs, damage, missingCollections: [...missing].sort() };
}

/** Takes in what a frame holds, as far as it fits. */
function takeIn(engine: Engine, content: FrameContent, bytes: number, missing: (name: string) => void): void {
  if (content.kind === "ops") {
    for (const op of content.ops) applyIfFits(engine, op, bytes / content.ops.length, missing);
  } else if (content.kind === "block" && content.block !== undefined) {
    const { block } = content;
    if (block.type !== "rows" || hasShape(engine, block.collection, block.vectors.length / block.ids.length))
      engine.load(block, bytes);
    else missing(block.collection);
  }
}

function applyIfFits(engine: Engine, op: Op, bytes: number, missing: (name: string) => void): void {
  if (
    op.type === "upsert" &&
    !op.records.every(({ vector }) => hasShape(engine, op.collection, vector.length))
  )
    missing(op.collection);
  else if (op.type === "delete" && engine.tables.get(op.collection) === undefined) missing(op.collection);
  else if (op.type !== "createCollection" || !hasShape(engine, op.name, op.dimension))
    engine.apply(op, bytes);
}

function hasShape(engine: Engine, collection: string, dimension: number): boolean {
  return engine.tables.get(collection)?.dimension === dimension;
}

async function copyKeyFiles(fileSystem: FileSystem, source: Layout, target: Layout): Promise<void> {
  for (const name of [basename(source.masterKey), basename(nextKeyFile(source.masterKey))]) {
    const bytes = await readWhole(fileSystem, join(source.root, name));
    if (bytes !== undefined) await createWhole(fileSystem, join(target.root, name), bytes);
  }
  await fileSystem.syncDirectory(target.root);
}
