import type { BlobStore } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { writerAbortFaults } from "./abort-faults.ts";
import { blobFault } from "./blob-fault.ts";
import { blobPutFaults } from "./blob-put-faults.ts";
import { blobReadFaults } from "./blob-read-faults.ts";
import { createFault, type Fault } from "./fault.ts";

/** Blob stores that are wrong. */
export const blobStoreFaults: readonly Fault<BlobStore>[] = [
  ...blobPutFaults,
  ...blobReadFaults,
  blobFault("tears-an-aborted-put", "leaves half of a content when it is aborted in flight", (blobs) => ({
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
