import { createHash } from "node:crypto";
import { createEngine } from "@keelson/storage-engine";
import type { FileSystem, OpenFile } from "../file-system.ts";
import { createLayout, type Layout } from "../layout.ts";
import { replay } from "../log/open-log.ts";
import { nodeFileSystem } from "../node-file-system.ts";
import { corrupt, failed } from "../store-error.ts";
import type { FsToolOptions } from "./inspect-fs-storage.ts";
import { readBlobFiles } from "./read-blob-files.ts";
import { damageOf, findStoreFiles, type StoreDamage } from "./store-files.ts";
import { walkStore } from "./walk-store.ts";

/** What {@link verifyFsStorage} found. */
export interface FsVerifyReport {
  /** Is nothing damaged? */
  readonly ok: boolean;
  /** How many whole frames there are. */
  readonly frames: number;
  /** How many whole blobs there are. */
  readonly blobs: number;
  /** Each place that is not as it was written, by file and byte. */
  readonly damage: readonly StoreDamage[];
  /** A write that a crash tore, of which nothing was acknowledged. The next opening cuts it. It is no damage. */
  readonly tornTail: StoreDamage | undefined;
}

/**
 * Reads every byte of a store and compares it with what was written: the checksum of each frame, their order, the
 * SHA-256 of the checkpoint, of each sealed segment and of each blob. Nothing is changed or locked; ask for it when no
 * process writes, or what is under way may look like damage. Content is held in memory, as it is in an open store.
 *
 * @throws KeelsonError STORE_FAILED when the filesystem refuses.
 *
 * @example
 * ```ts
 * import { openFsStorage, verifyFsStorage } from "@keelson/adapters-fs";
 *
 * const storage = await openFsStorage("./verified");
 * await storage.blobs.put("note", new TextEncoder().encode("hello"));
 * await storage.close();
 *
 * const { ok, blobs } = await verifyFsStorage("./verified");
 * console.log(ok, blobs); // true 1
 * ```
 */
export async function verifyFsStorage(
  directory: string,
  options: FsToolOptions = {},
): Promise<FsVerifyReport> {
  const { fileSystem = nodeFileSystem } = options;
  const layout = createLayout(directory);
  try {
    return await verify(fileSystem, layout);
  } catch (cause) {
    throw failed(`verify ${layout.root}`, cause);
  }
}

async function verify(fileSystem: FileSystem, layout: Layout): Promise<FsVerifyReport> {
  const found = await findStoreFiles(fileSystem, layout);
  const damage: StoreDamage[] = [...found.damage];
  let tornTail: StoreDamage | undefined;
  let frames = 0;
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      damage.push(damageOf(error));
    }
  };

  for await (const met of walkStore(fileSystem, found)) {
    if ("damage" in met) damage.push(met.damage);
    else if ("tornTail" in met) ({ tornTail } = met);
    else {
      frames++;
      const { content, file, start } = met;
      if (content.kind === "end") await attempt(() => checkSeal(fileSystem, file, start, content.end.digest));
    }
  }
  for (const { path, end, digest } of found.files)
    if (digest !== undefined) await attempt(() => checkSeal(fileSystem, path, end, digest));
  // What is whole piece by piece may still not fit together.
  if (damage.length === 0)
    await attempt(async () => {
      const { checkpoint } = await replay({ fileSystem, layout, engine: createEngine() });
      // Those were read above.
      await checkpoint?.texts.close();
    });

  let blobs = 0;
  for await (const blob of readBlobFiles(fileSystem, layout)) {
    if ("damage" in blob) damage.push(blob.damage);
    else blobs++;
  }
  return { ok: damage.length === 0, frames, blobs, damage, tornTail };
}

const BYTES_PER_READ = 8 * 1024 * 1024;

async function checkSeal(
  fileSystem: FileSystem,
  path: string,
  end: number,
  digest: Uint8Array,
): Promise<void> {
  const file: OpenFile = await fileSystem.open(path, "read");
  try {
    const hash = createHash("sha256");
    for (let at = 0; at < end; at += BYTES_PER_READ)
      hash.update(await file.read(Math.min(BYTES_PER_READ, end - at), at));
    if (!hash.digest().equals(digest)) throw corrupt(path, 0, end, "the bytes do not match their SHA-256");
  } finally {
    await file.close();
  }
}
