import type { BlobInfo, BlobStore } from "@keelson/core";
import { type AbortProbe, abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { assertBytes, assertInfos, bytes } from "./subject.ts";

const old = bytes("old content");
const fresh = bytes("new content, which is longer");
const prepare = (blobs: BlobStore) => blobs.put("a", old);
const untouched = async (blobs: BlobStore): Promise<void> => {
  assertBytes(await blobs.get("a"), old);
  assertInfos(await blobs.list(""), [{ key: "a", size: old.length }]);
};

/** The old content or `after`, whole; then the old again for the next round. */
async function oldOr(blobs: BlobStore, after: Uint8Array | undefined, done: boolean): Promise<void> {
  const now = await blobs.get("a");
  assertBytes(now, done || now?.length !== old.length ? after : old);
  await blobs.put("a", old);
}

const probes: readonly AbortProbe<BlobStore>[] = [
  {
    method: "put",
    prepare,
    call: (blobs, signal) => blobs.put("a", fresh, { signal }),
    untouched,
    settled: (blobs, done) => oldOr(blobs, fresh, done),
  },
  {
    method: "get",
    prepare,
    call: (blobs, signal) => blobs.get("a", { signal }),
    answer: (content) => assertBytes(content as Uint8Array | undefined, old),
  },
  {
    method: "stat",
    prepare,
    call: (blobs, signal) => blobs.stat("a", { signal }),
    answer: (info) => assertInfos(info ? [info as BlobInfo] : [], [{ key: "a", size: old.length }]),
  },
  {
    method: "list",
    prepare,
    call: (blobs, signal) => blobs.list("", { signal }),
    answer: (infos) => assertInfos(infos as BlobInfo[], [{ key: "a", size: old.length }]),
  },
  {
    method: "delete",
    prepare,
    call: (blobs, signal) => blobs.delete("a", { signal }),
    untouched,
    settled: (blobs, done) => oldOr(blobs, undefined, done),
  },
];

/** Aborting, as the SDK does it. */
export const abortBlobCases: readonly ConformanceCase<BlobStore>[] = abortCases("blob-store", probes);

/** Aborting, as users do it. */
export const strictAbortBlobCases: readonly ConformanceCase<BlobStore>[] = strictAbortCases(
  "blob-store",
  probes,
);
