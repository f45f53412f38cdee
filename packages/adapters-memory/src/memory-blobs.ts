import { argumentInvalid, assertKey, type BlobStore, KeelsonError } from "@keelson/core";
import { type Access, createOrderedMap, pageRange } from "@keelson/storage-engine";

export function createMemoryBlobs(access: Access): BlobStore {
  const blobs = createOrderedMap<{ readonly key: string; readonly bytes: Uint8Array }>();
  return {
    put: async (key, bytes, options) => {
      access.enter(options?.signal);
      assertKey(key, 1024);
      if (!(bytes instanceof Uint8Array)) throw argumentInvalid("bytes", "is not a Uint8Array");
      if (options?.ifAbsent === true && blobs.get(key) !== undefined)
        throw new KeelsonError("BLOB_EXISTS", `the blob ${key} exists`, { details: { key } });
      blobs.set(key, { key, bytes: new Uint8Array(bytes) });
    },
    get: async (key, options) => {
      access.enter(options?.signal);
      assertKey(key, 1024);
      const found = blobs.get(key);
      return found && new Uint8Array(found.bytes);
    },
    stat: async (key, options) => {
      access.enter(options?.signal);
      assertKey(key, 1024);
      const found = blobs.get(key);
      return found && { key, size: found.bytes.length };
    },
    list: async (prefix, options) => {
      access.enter(options?.signal);
      const range = pageRange({ ...options, prefix });
      return blobs.page(range).map(({ key, bytes }) => ({ key, size: bytes.length }));
    },
    delete: async (key, options) => {
      access.enter(options?.signal);
      assertKey(key, 1024);
      blobs.delete(key);
    },
  } satisfies BlobStore;
}
