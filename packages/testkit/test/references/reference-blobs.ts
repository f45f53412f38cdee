import { assertKey, type BlobStore, KeelsonError } from "@keelson/core";
import type { Guard } from "./guard.ts";
import { invalidArgument } from "./validate.ts";

/** What outlives a handle. */
export type BlobMedium = Map<string, Uint8Array>;

/** A blob store as it should be. */
export function createReferenceBlobs(medium: BlobMedium, guard: Guard): BlobStore {
  return {
    async put(key, bytes, options) {
      assertKey(key, 1024);
      const copy = Uint8Array.from(bytes);
      await guard.check(options);
      if (options?.ifAbsent && medium.has(key))
        throw new KeelsonError("BLOB_EXISTS", "the key is taken", { details: { key } });
      medium.set(key, copy);
    },
    async get(key, options) {
      await guard.check(options);
      return medium.get(key)?.slice();
    },
    async stat(key, options) {
      await guard.check(options);
      const content = medium.get(key);
      return content && { key, size: content.length };
    },
    async list(prefix, { after, limit = 1000, signal } = {}) {
      if (!Number.isSafeInteger(limit) || limit < 1) throw invalidArgument("limit");
      await guard.check({ signal });
      const keys = [...medium.keys()].filter(
        (key) => key.startsWith(prefix) && (after === undefined || key > after),
      );
      return keys
        .sort()
        .slice(0, limit)
        .map((key) => ({ key, size: medium.get(key)?.length ?? 0 }));
    },
    async delete(key, options) {
      assertKey(key, 1024);
      await guard.check(options);
      medium.delete(key);
    },
  };
}
