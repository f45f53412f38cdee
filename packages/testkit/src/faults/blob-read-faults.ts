import type { BlobStore } from "@keelson/core";
import { nextTurn } from "../conformance/next-turn.ts";
import { blobFault } from "./blob-fault.ts";
import type { Fault } from "./fault.ts";

const isWhole = (limit: number): boolean => Number.isSafeInteger(limit) && limit >= 1;

/** Blob stores that are wrong about reading, listing and deleting. */
export const blobReadFaults: readonly Fault<BlobStore>[] = [
  blobFault(
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
  blobFault("get-collides", "finds keys by a hash that collides, and answers with the newest", (blobs) => {
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
  blobFault("get-shares", "gives every reader the same buffer", (blobs) => {
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
  blobFault("mixes-readers", "answers reads at once with the content of the newest", (blobs) => {
    let newest = "";
    return {
      get: async (key, options) => {
        newest = key;
        await undefined;
        return blobs.get(newest, options);
      },
    };
  }),
  blobFault("size-in-characters", "says the size of a text in characters", (blobs) => ({
    stat: async (key, options) => {
      const [info, content] = [await blobs.stat(key, options), await blobs.get(key, options)];
      return info && { key, size: Buffer.from(content ?? []).toString("utf8").length };
    },
  })),
  blobFault("size-lags", "says the size that a blob had when it was first asked for", (blobs) => {
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
  blobFault("size-while-writing", "says the size of what was written so far", (blobs) => {
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
  blobFault("list-orders-by-code-points", "orders keys as UTF-8 does", (blobs) => ({
    list: async (prefix, options = {}) => {
      const page = await blobs.list(prefix, { ...options, limit: 5000 });
      page.sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
      return page.slice(0, options.limit ?? 1000);
    },
  })),
  blobFault("list-by-folders", "lists only whole folders for a prefix", (blobs) => ({
    list: async (prefix, options) =>
      (await blobs.list(prefix, options)).filter(
        ({ key }) => prefix === "" || prefix.endsWith("/") || key[prefix.length] === "/",
      ),
  })),
  blobFault("list-limit-off-by-one", "returns one blob too many", (blobs) => ({
    list: (prefix, options = {}) => blobs.list(prefix, { ...options, limit: (options.limit ?? 1000) + 1 }),
  })),
  blobFault("list-after-is-inclusive", "starts a page at `after`, not behind it", (blobs) => ({
    list: async (prefix, options = {}) => {
      const first = options.after === undefined ? undefined : await blobs.stat(options.after);
      const page = await blobs.list(prefix, options);
      return first && page.length > 0 ? [first, ...page].slice(0, options.limit ?? 1000) : page;
    },
  })),
  blobFault(
    "list-after-must-exist",
    "starts from the beginning when the blob of `after` is gone",
    (blobs) => ({
      list: async (prefix, options = {}) => {
        const known = options.after !== undefined && (await blobs.stat(options.after));
        return blobs.list(prefix, known ? options : { ...options, after: undefined });
      },
    }),
  ),
  blobFault("list-of-nothing-rejects", "rejects where there is nothing to list", (blobs) => ({
    list: async (prefix, options) => {
      const page = await blobs.list(prefix, options);
      if (page.length === 0) throw new Error("nothing is there");
      return page;
    },
  })),
  blobFault("list-stops-at-a-gap", "ends a page where a blob was deleted meanwhile", (blobs) => ({
    list: async (prefix, options) => {
      const page = await blobs.list(prefix, options);
      await nextTurn();
      const still = await Promise.all(page.map(({ key }) => blobs.stat(key)));
      const gap = still.indexOf(undefined);
      return gap === -1 ? page : page.slice(0, gap);
    },
  })),
  blobFault("list-mends-limits", "takes a malformed limit for 1", (blobs) => ({
    list: (prefix, options = {}) =>
      blobs.list(prefix, { ...options, limit: isWhole(options.limit ?? 1000) ? options.limit : 1 }),
  })),
  blobFault("deletes-folders", "deletes all that is below a key too", (blobs) => ({
    delete: async (key, options) => {
      await blobs.delete(key, options);
      for (const below of await blobs.list(`${key}/`)) await blobs.delete(below.key);
    },
  })),
  blobFault("deleting-nothing-rejects", "rejects when a blob to be deleted is not there", (blobs) => ({
    delete: async (key, options) => {
      if (!(await blobs.stat(key, options))) throw new Error("no such blob");
      await blobs.delete(key, options);
    },
  })),
  blobFault(
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
];
