import type { BlobStore } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

/** A fault of some of a blob store's methods. */
export function blobFault(
  id: string,
  title: string,
  replace: (blobs: BlobStore) => Partial<BlobStore>,
): Fault<BlobStore> {
  return createFault<BlobStore>(`blob-store/${id}`, title, { wrap: (blobs) => patch(blobs, replace(blobs)) });
}
