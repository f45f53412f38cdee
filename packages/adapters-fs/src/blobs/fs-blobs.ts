import { join } from "node:path";
import {
  argumentInvalid,
  assertKey,
  type BlobInfo,
  type BlobStore,
  KeelsonError,
  orAbort,
} from "@keelson/core";
import { type Access, createOrderedMap, type OrderedMap, pageRange } from "@keelson/storage-engine";
import { createWhole, removeIfThere } from "../durable-files.ts";
import type { FileSystem, OpenFile } from "../file-system.ts";
import type { Health } from "../health.ts";
import type { Layout } from "../layout.ts";
import type { OwnerLock } from "../owner-lock.ts";
import { corrupt, failed } from "../store-error.ts";
import { hasCode } from "../system-error.ts";
import type { Turns } from "../turns.ts";
import { type BlobHeader, encodeBlobFile, readBlobContent, readBlobHeader } from "./blob-file.ts";
import { blobPath, isBlobDirectory, isBlobFile } from "./blob-paths.ts";

/** What {@link createFsBlobs} takes. */
export interface FsBlobsOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly access: Access;
  readonly health: Health;
  readonly lock: Pick<OwnerLock, "assertHeld">;
  /** Has under way what the blobs have. */
  readonly turns: Turns;
  /** Does nobody else write? Then what was listed once is still so. */
  readonly alone: boolean;
}

/** Syncs the names that an owner before this one may have made and not synced: what is read has to be durable. */
export async function syncBlobNames(fileSystem: FileSystem, layout: Layout): Promise<void> {
  const names = (await fileSystem.list(layout.blobs)).filter(isBlobDirectory);
  await Promise.all(names.map((name) => fileSystem.syncDirectory(join(layout.blobs, name))));
  await fileSystem.syncDirectory(layout.blobs);
}

/** Blobs as files. */
export function createFsBlobs(options: FsBlobsOptions): BlobStore {
  const { fileSystem, layout, access, health, lock, turns, alone } = options;
  const root = layout.blobs;
  // Keys stand in the files alone, so the first listing reads every header; from then on it is kept up to date.
  let listing: Promise<OrderedMap<BlobInfo>> | undefined;

  const change = async (operation: string, work: () => Promise<void>): Promise<void> => {
    health.assert();
    try {
      await work();
      await lock.assertHeld();
    } catch (cause) {
      throw health.fail(operation, cause);
    }
  };
  // Once for each: a directory that is there may be another put's, whose sync is still under way.
  const directories = new Map<string, Promise<void>>();
  const ensureDirectory = (directory: string): Promise<void> => {
    const known = directories.get(directory);
    if (known !== undefined) return known;
    const made = fileSystem.createDirectory(directory).then(() => fileSystem.syncDirectory(root));
    directories.set(directory, made);
    return made;
  };
  const write = async (key: string, bytes: Uint8Array): Promise<void> => {
    const { directory, file } = blobPath(root, key);
    const temporary = layout.newTemporary();
    await createWhole(fileSystem, temporary, bytes);
    await ensureDirectory(directory);
    await fileSystem.rename(temporary, file);
    await fileSystem.syncDirectory(directory);
  };
  const remove = async (key: string): Promise<void> => {
    const { directory, file } = blobPath(root, key);
    if (!(await fileSystem.exists(directory))) return;
    await removeIfThere(fileSystem, file);
    await fileSystem.syncDirectory(directory);
  };
  const assertAbsent = async (key: string): Promise<void> => {
    const exists = await fileSystem.exists(blobPath(root, key).file).catch((cause: unknown) => {
      throw failed("read a blob", cause);
    });
    if (exists) throw new KeelsonError("BLOB_EXISTS", `the blob ${key} exists`, { details: { key } });
  };
  // A listing that cannot be read is told to those who asked for it.
  const noteInListing = async (note: (listed: OrderedMap<BlobInfo>) => void): Promise<void> =>
    await listing?.then(note, () => {});

  return {
    put: async (key, bytes, putOptions) => {
      access.enter(putOptions?.signal);
      assertKey(key, 1024);
      if (!(bytes instanceof Uint8Array)) throw argumentInvalid("bytes", "is not a Uint8Array");
      const { ifAbsent, signal } = putOptions ?? {};
      const file = encodeBlobFile(key, bytes);
      const size = bytes.length;
      const put = turns.take(key, async () => {
        signal?.throwIfAborted();
        if (ifAbsent === true) await assertAbsent(key);
        await change("write a blob", () => write(key, file));
        await noteInListing((listed) => listed.set(key, { key, size }));
      });
      await orAbort(put, signal);
    },
    get: async (key, callOptions) => {
      access.enter(callOptions?.signal);
      assertKey(key, 1024);
      const content = openFile(blobPath(root, key).file, async (file, path) => {
        const header = await readHeader(file, path);
        return await readBlobContent(file, path, header);
      });
      return await orAbort(content, callOptions?.signal);
    },
    stat: async (key, callOptions) => {
      access.enter(callOptions?.signal);
      assertKey(key, 1024);
      const info = openFile(blobPath(root, key).file, async (file, path) => {
        const header = await readHeader(file, path);
        return { key, size: header.size };
      });
      return await orAbort(info, callOptions?.signal);
    },
    list: async (prefix, callOptions) => {
      access.enter(callOptions?.signal);
      const range = pageRange({ ...callOptions, prefix });
      listing ??= turns.beside(readListing).catch((error: unknown) => {
        listing = undefined;
        throw failed("list blobs", error);
      });
      const current = listing;
      if (!alone) listing = undefined;
      return (await orAbort(current, callOptions?.signal)).page(range);
    },
    delete: async (key, callOptions) => {
      access.enter(callOptions?.signal);
      assertKey(key, 1024);
      const { signal } = callOptions ?? {};
      const deletion = turns.take(key, async () => {
        signal?.throwIfAborted();
        await change("delete a blob", () => remove(key));
        await noteInListing((listed) => listed.delete(key));
      });
      await orAbort(deletion, signal);
    },
  } satisfies BlobStore;

  /** @returns `undefined` where there is no such file. */
  function openFile<T>(
    path: string,
    read: (file: OpenFile, path: string) => Promise<T>,
  ): Promise<T | undefined> {
    return turns.beside(async () => {
      try {
        const file = await fileSystem.open(path, "read");
        try {
          return await read(file, path);
        } finally {
          await file.close();
        }
      } catch (error) {
        if (hasCode(error, "ENOENT")) return undefined;
        throw failed("read a blob", error);
      }
    });
  }

  async function readHeader(file: OpenFile, path: string): Promise<BlobHeader> {
    const header = await readBlobHeader(file, path);
    if (blobPath(root, header.key).file === path) return header;
    throw corrupt(path, 0, header.contentStart, "it is the file of another key");
  }

  async function readListing(): Promise<OrderedMap<BlobInfo>> {
    const found = createOrderedMap<BlobInfo>();
    for (const name of (await fileSystem.list(root)).filter(isBlobDirectory)) {
      const directory = join(root, name);
      for (const file of (await fileSystem.list(directory)).filter(isBlobFile)) {
        const info = await openFile(join(directory, file), async (handle, path) => {
          const header = await readHeader(handle, path);
          return { key: header.key, size: header.size };
        });
        if (info !== undefined) found.set(info.key, info);
      }
    }
    return found;
  }
}
