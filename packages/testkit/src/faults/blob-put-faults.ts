import { posix } from "node:path";
import type { BlobStore } from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import { blobFault } from "./blob-fault.ts";
import type { Fault } from "./fault.ts";

/** A fault that takes some keys for others. */
const keyFault = (id: string, title: string, change: (key: string) => string): Fault<BlobStore> =>
  blobFault(id, title, (blobs) => ({
    put: (key, bytes, options) => blobs.put(change(key), bytes, options),
    get: (key, options) => blobs.get(change(key), options),
    stat: (key, options) => blobs.stat(change(key), options),
    delete: (key, options) => blobs.delete(change(key), options),
  }));

/** Blob stores that are wrong about storing. */
export const blobPutFaults: readonly Fault<BlobStore>[] = [
  blobFault("stores-text", "takes content for UTF-8 text", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, Buffer.from(Buffer.from(bytes).toString("utf8")), options),
  })),
  blobFault("cuts-large-content", "keeps the first megabyte of a content", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, bytes.subarray(0, 2 ** 20), options),
  })),
  blobFault("stores-the-buffer", "stores the whole buffer under a view", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, new Uint8Array(bytes.buffer), options),
  })),
  keyFault("folds-keys", "takes keys that differ in letter case or normal form for one", (key) =>
    key.normalize().toLowerCase(),
  ),
  keyFault("resolves-dots", "takes keys for paths, and resolves them", posix.normalize),
  keyFault("cuts-long-keys", "cuts keys off behind 255 code units", (key) => key.slice(0, 255)),
  blobFault("empty-is-none", "takes a blob without content for none", (blobs) => ({
    get: async (key, options) => {
      const content = await blobs.get(key, options);
      return content?.length ? content : undefined;
    },
    stat: async (key, options) => {
      const info = await blobs.stat(key, options);
      return info?.size ? info : undefined;
    },
    delete: async (key, options) => {
      if ((await blobs.stat(key, options))?.size !== 0) await blobs.delete(key, options);
    },
  })),
  blobFault(
    "deleted-keys-stay-taken",
    "takes a deleted key for one that is there when ifAbsent is set",
    (blobs) => {
      const seen = new Set<string>();
      return {
        put: async (key, bytes, options) => {
          if (options?.ifAbsent && seen.has(key) && !(await blobs.stat(key)))
            throw new Error("the key was used");
          await blobs.put(key, bytes, options);
          seen.add(key);
        },
      };
    },
  ),
  blobFault("overwrites-in-place", "writes over a longer content without cutting off its rest", (blobs) => ({
    put: async (key, bytes, options) => {
      const old = options?.ifAbsent ? undefined : await blobs.get(key, options);
      const rest = old?.slice(bytes.length) ?? new Uint8Array(0);
      await blobs.put(key, Buffer.concat([Uint8Array.from(bytes), rest]), options);
    },
  })),
  blobFault("never-replaces", "keeps the first content of a key", (blobs) => ({
    put: async (key, bytes, options) => {
      if (options?.ifAbsent || !(await blobs.stat(key, options))) await blobs.put(key, bytes, options);
    },
  })),
  blobFault("ignores-if-absent", "takes no notice of ifAbsent", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, bytes, { ...options, ifAbsent: false }),
  })),
  blobFault("if-absent-races", "looks whether a key is taken some turns before it writes", (blobs) => ({
    put: async (key, bytes, options) => {
      const content = Uint8Array.from(bytes);
      if (options?.ifAbsent && (await blobs.stat(key, options))) return blobs.put(key, content, options);
      await nextTurn();
      await blobs.put(key, content, { ...options, ifAbsent: false });
    },
  })),
  blobFault("mends-keys", "puts nothing for a malformed key, in silence", (blobs) => ({
    put: async (key, bytes, options) => {
      if (key !== "" && key.length <= 1024 && key.isWellFormed()) await blobs.put(key, bytes, options);
    },
  })),
  blobFault("copies-late", "copies the bytes a turn after the call returned", (blobs) => ({
    put: async (key, bytes, options) => {
      await undefined;
      await blobs.put(key, bytes, options);
    },
  })),
  blobFault("writes-in-parts", "lets a reader see the first half of a content", (blobs) => ({
    put: async (key, bytes, options) => {
      const content = Uint8Array.from(bytes);
      if (content.length > 10_000) {
        await blobs.put(key, content.subarray(0, content.length / 2), options);
        await nextTurn();
      }
      await blobs.put(key, content, content.length > 10_000 ? { ...options, ifAbsent: false } : options);
    },
  })),
  blobFault("deletes-before-it-writes", "deletes a blob before it replaces it", (blobs) => ({
    put: async (key, bytes, options) => {
      const content = Uint8Array.from(bytes);
      if (!options?.ifAbsent) await blobs.delete(key, options);
      await nextTurn();
      await blobs.put(key, content, options);
    },
  })),
];
