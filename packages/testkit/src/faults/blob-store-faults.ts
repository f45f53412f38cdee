import { posix } from "node:path";
import type { BlobStore } from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import { patch } from "../tools/patch.ts";
import { writerAbortFaults } from "./abort-faults.ts";
import { createFault, type Fault } from "./fault.ts";

const fault = (
  id: string,
  title: string,
  replace: (blobs: BlobStore) => Partial<BlobStore>,
): Fault<BlobStore> =>
  createFault<BlobStore>(`blob-store/${id}`, title, { wrap: (blobs) => patch(blobs, replace(blobs)) });

/** A fault that takes some keys for others. */
const keyFault = (id: string, title: string, change: (key: string) => string): Fault<BlobStore> =>
  fault(id, title, (blobs) => ({
    put: (key, bytes, options) => blobs.put(change(key), bytes, options),
    get: (key, options) => blobs.get(change(key), options),
    stat: (key, options) => blobs.stat(change(key), options),
    delete: (key, options) => blobs.delete(change(key), options),
  }));

const isWhole = (limit: number): boolean => Number.isSafeInteger(limit) && limit >= 1;

/** Blob stores that are wrong. */
export const blobStoreFaults: readonly Fault<BlobStore>[] = [
  fault("stores-text", "takes content for UTF-8 text", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, Buffer.from(Buffer.from(bytes).toString("utf8")), options),
  })),
  fault("cuts-large-content", "keeps the first megabyte of a content", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, bytes.subarray(0, 2 ** 20), options),
  })),
  fault("stores-the-buffer", "stores the whole buffer under a view", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, new Uint8Array(bytes.buffer), options),
  })),
  keyFault("folds-keys", "takes keys that differ in letter case or normal form for one", (key) =>
    key.normalize().toLowerCase(),
  ),
  keyFault("resolves-dots", "takes keys for paths, and resolves them", posix.normalize),
  keyFault("cuts-long-keys", "cuts keys off behind 255 code units", (key) => key.slice(0, 255)),
  fault("empty-is-none", "takes a blob without content for none", (blobs) => ({
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
  fault(
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
  fault("overwrites-in-place", "writes over a longer content without cutting off its rest", (blobs) => ({
    put: async (key, bytes, options) => {
      const old = options?.ifAbsent ? undefined : await blobs.get(key, options);
      const rest = old?.slice(bytes.length) ?? new Uint8Array(0);
      await blobs.put(key, Buffer.concat([Uint8Array.from(bytes), rest]), options);
    },
  })),
  fault("never-replaces", "keeps the first content of a key", (blobs) => ({
    put: async (key, bytes, options) => {
      if (options?.ifAbsent || !(await blobs.stat(key, options))) await blobs.put(key, bytes, options);
    },
  })),
  fault("ignores-if-absent", "takes no notice of ifAbsent", (blobs) => ({
    put: (key, bytes, options) => blobs.put(key, bytes, { ...options, ifAbsent: false }),
  })),
  fault("if-absent-races", "looks whether a key is taken some turns before it writes", (blobs) => ({
    put: async (key, bytes, options) => {
      const content = Uint8Array.from(bytes);
      if (options?.ifAbsent && (await blobs.stat(key, options))) return blobs.put(key, content, options);
      await nextTurn();
      await blobs.put(key, content, { ...options, ifAbsent: false });
    },
  })),
  fault("mends-keys", "puts nothing for a malformed key, in silence", (blobs) => ({
    put: async (key, bytes, options) => {
      if (key !== "" && key.length <= 1024 && !/\p{Surrogate}/u.test(key))
        await blobs.put(key, bytes, options);
    },
  })),
  fault("copies-late", "copies the bytes a turn after the call returned", (blobs) => ({
    put: async (key, bytes, options) => {
      await undefined;
      await blobs.put(key, bytes, options);
    },
  })),
  fault("writes-in-parts", "lets a reader see the first half of a content", (blobs) => ({
    put: async (key, bytes, options) => {
      const content = Uint8Array.from(bytes);
      if (content.length > 10_000) {
        await blobs.put(key, content.subarray(0, content.length / 2), options);
        await nextTurn();
      }
      await blobs.put(key, content, content.length > 10_000 ? { ...options, ifAbsent: false } : options);
    },
  })),
  fault("deletes-before-it-writes", "deletes a blob before it replaces it", (blobs) => ({
    put: async (key, bytes, options) => {
      const content = Uint8Array.from(bytes);
      if (!options?.ifAbsent) await blobs.delete(key, options);
      await nextTurn();
      await blobs.put(key, content, options);
    },
  })),
  fault(
    "get-finds-prefixes",
    "answers a key that is not there with the first that starts with it",
    (blobs) => ({
      get: async (key, options) => {
        const content = await blobs.get(key, options);
        const [next] = content ? [] : await blobs.list(key, { ...options, limit: 1 });
        return content ?? (next && (await blobs.get(next.key)));
      },
      stat: async (key, options) =>
        (await blobs.stat(key, options)) ?? (await blobs.list(key, { ...options, limit: 1 }))[0],
    }),
  ),
  fault("get-collides", "finds keys by a hash that collides, and answers with the newest", (blobs) => {
    const newest = new Map<number, string>();
    return {
      put: async (key, bytes, options) => {
        await blobs.put(key, bytes, options);
        newest.set(key.length, key);
      },
      get: async (key, options) => {
        const content = await blobs.get(key, options);
        return content && ((await blobs.get(newest.get(key.length) ?? key)) ?? content);
      },
    };
  }),
  fault("get-shares", "gives every reader the same buffer", (blobs) => {
    const shared = new Map<string, Uint8Array>();
    const forgetting = async (key: string, change: PromiseLike<void> | void): Promise<void> => {
      await change;
      shared.delete(key);
    };
    return {
      put: (key, bytes, options) => forgetting(key, blobs.put(key, bytes, options)),
      delete: (key, options) => forgetting(key, blobs.delete(key, options)),
      get: async (key, options) => {
        const content = await blobs.get(key, options);
        if (content && !shared.has(key)) shared.set(key, content);
        return content && shared.get(key);
      },
    };
  }),
  fault("mixes-readers", "answers reads at once with the content of the newest", (blobs) => {
    let newest = "";
    return {
      get: async (key, options) => {
        newest = key;
        await undefined;
        return blobs.get(newest, options);
      },
    };
  }),
  fault("size-in-characters", "says the size of a text in characters", (blobs) => ({
    stat: async (key, options) => {
      const [info, content] = [await blobs.stat(key, options), await blobs.get(key, options)];
      return info && { key, size: Buffer.from(content ?? []).toString("utf8").length };
    },
  })),
  fault("size-lags", "says the size that a blob had when it was first asked for", (blobs) => {
    const sizes = new Map<string, number>();
    return {
      put: async (key, bytes, options) => {
        await blobs.put(key, bytes, options);
        if (!sizes.has(key)) sizes.set(key, bytes.length);
      },
      stat: async (key, options) => {
        const info = await blobs.stat(key, options);
        return info && { key, size: sizes.get(key) ?? info.size };
      },
    };
  }),
  fault("size-while-writing", "says the size of what was written so far", (blobs) => {
    const writing = new Set<string>();
    return {
      put: async (key, bytes, options) => {
        const content = Uint8Array.from(bytes);
        writing.add(key);
        await nextTurn();
        await blobs.put(key, content, options);
        writing.delete(key);
      },
      stat: async (key, options) => {
        const info = await blobs.stat(key, options);
        return info && writing.has(key) ? { key, size: 0 } : info;
      },
    };
  }),
  fault("list-orders-by-code-points", "orders keys as UTF-8 does", (blobs) => ({
    list: async (prefix, options = {}) => {
      const page = await blobs.list(prefix, { ...options, limit: 5000 });
      page.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      return page.slice(0, options.limit ?? 1000);
    },
  })),
  fault("list-by-folders", "lists only whole folders for a prefix", (blobs) => ({
    list: async (prefix, options) =>
      (await blobs.list(prefix, options)).filter(
        ({ key }) => prefix === "" || prefix.endsWith("/") || key[prefix.length] === "/",
      ),
  })),
  fault("list-limit-off-by-one", "returns one blob too many", (blobs) => ({
    list: (prefix, options = {}) => blobs.list(prefix, { ...options, limit: (options.limit ?? 1000) + 1 }),
  })),
  fault("list-after-is-inclusive", "starts a page at `after`, not behind it", (blobs) => ({
    list: async (prefix, options = {}) => {
      const first = options.after === undefined ? undefined : await blobs.stat(options.after);
      const page = await blobs.list(prefix, options);
      return first && page.length > 0 ? [first, ...page].slice(0, options.limit ?? 1000) : page;
    },
  })),
  fault("list-after-must-exist", "starts from the beginning when the blob of `after` is gone", (blobs) => ({
    list: async (prefix, options = {}) => {
      const known = options.after !== undefined && (await blobs.stat(options.after));
      return blobs.list(prefix, known ? options : { ...options, after: undefined });
    },
  })),
  fault("list-of-nothing-rejects", "rejects where there is nothing to list", (blobs) => ({
    list: async (prefix, options) => {
      const page = await blobs.list(prefix, options);
      if (page.length === 0) throw new Error("nothing is there");
      return page;
    },
  })),
  fault("list-stops-at-a-gap", "ends a page where a blob was deleted meanwhile", (blobs) => ({
    list: async (prefix, options) => {
      const page = await blobs.list(prefix, options);
      await nextTurn();
      const still = await Promise.all(page.map(({ key }) => blobs.stat(key)));
      const gap = still.indexOf(undefined);
      return gap === -1 ? page : page.slice(0, gap);
    },
  })),
  fault("list-mends-limits", "takes a malformed limit for 1", (blobs) => ({
    list: (prefix, options = {}) =>
      blobs.list(prefix, { ...options, limit: isWhole(options.limit ?? 1000) ? options.limit : 1 }),
  })),
  fault("deletes-folders", "deletes all that is below a key too", (blobs) => ({
    delete: async (key, options) => {
      await blobs.delete(key, options);
      for (const below of await blobs.list(`${key}/`)) await blobs.delete(below.key);
    },
  })),
  fault("deleting-nothing-rejects", "rejects when a blob to be deleted is not there", (blobs) => ({
    delete: async (key, options) => {
      if (!(await blobs.stat(key, options))) throw new Error("no such blob");
      await blobs.delete(key, options);
    },
  })),
  fault(
    "deleting-rewrites",
    "deletes by writing back what it listed, without what came in between",
    (blobs) => ({
      delete: async (key, options) => {
        const before = new Set((await blobs.list("")).map((info) => info.key));
        await blobs.delete(key, options);
        await nextTurn();
        for (const info of await blobs.list("")) if (!before.has(info.key)) await blobs.delete(info.key);
      },
    }),
  ),
  fault("tears-an-aborted-put", "leaves half of a content when it is aborted in flight", (blobs) => ({
    put: async (key, bytes, options) => {
      const content = Uint8Array.from(bytes);
      try {
        await blobs.put(key, content, options);
      } catch (error) {
        if (error === options?.signal?.reason) await blobs.put(key, content.subarray(0, 3));
        throw error;
      }
    },
  })),
  createFault<BlobStore>("blob-store/loses-a-blob", "has lost a blob when it is reopened", {
    async reopened(blobs) {
      const [first] = await blobs.list("");
      if (first) await blobs.delete(first.key);
      return undefined;
    },
  }),
  deletionsReturn(),
  ...writerAbortFaults<BlobStore>("blob-store"),
];

function deletionsReturn(): Fault<BlobStore> {
  const deletions = new WeakMap<BlobStore, Map<string, Uint8Array>>();
  return createFault<BlobStore>(
    "blob-store/deletions-return",
    "brings deleted blobs back when it is reopened",
    {
      wrap: (blobs) => {
        const deleted = new Map<string, Uint8Array>();
        const broken = patch(blobs, {
          delete: async (key, options) => {
            const content = await blobs.get(key);
            if (content) deleted.set(key, content);
            await blobs.delete(key, options);
          },
        });
        deletions.set(broken, deleted);
        return broken;
      },
      async reopened(blobs, before) {
        for (const [key, content] of deletions.get(before) ?? []) await blobs.put(key, content);
        return undefined;
      },
    },
  );
}
