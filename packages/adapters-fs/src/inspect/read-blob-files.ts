import { join } from "node:path";
import { readBlobContent, readBlobHeader } from "../blobs/blob-file.ts";
import { blobPath, isBlobDirectory, isBlobFile } from "../blobs/blob-paths.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { corrupt } from "../store-error.ts";
import { damageOf, type StoreDamage } from "./store-files.ts";

/** A blob that is whole, or the file of one that is not. */
export type ReadBlob =
  | { readonly key: string; readonly content: Uint8Array }
  | { readonly damage: StoreDamage };

/** Reads all blobs of a store, one after the other. */
export async function* readBlobFiles(fileSystem: FileSystem, layout: Layout): AsyncGenerator<ReadBlob> {
  if (!(await fileSystem.exists(layout.blobs))) return;
  for (const name of (await fileSystem.list(layout.blobs)).filter(isBlobDirectory).sort()) {
    const directory = join(layout.blobs, name);
    for (const file of (await fileSystem.list(directory)).filter(isBlobFile).sort())
      yield await readBlob(fileSystem, layout, join(directory, file));
  }
}

async function readBlob(fileSystem: FileSystem, layout: Layout, path: string): Promise<ReadBlob> {
  const file = await fileSystem.open(path, "read");
  try {
    const header = await readBlobHeader(file, path);
    const { key, contentStart } = header;
    if (blobPath(layout.blobs, key).file !== path)
      throw corrupt(path, 0, contentStart, "it is the file of another key");
    return { key, content: await readBlobContent(file, path, header) };
  } catch (error) {
    return { damage: damageOf(error) };
  } finally {
    await file.close();
  }
}
