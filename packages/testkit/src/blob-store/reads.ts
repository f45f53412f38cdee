import assert from "node:assert/strict";
import type { BlobStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { awkwardStrings, byCodeUnits } from "../fixtures/strings.ts";
import { assertBytes, assertInfos, bytes, infosOf, putKeys } from "./subject.ts";

/** Reading, listing and deleting blobs. */
export const readCases: readonly ConformanceCase<BlobStore>[] = [
  {
    id: "blob-store/get/works",
    title: "gives the content of the blob that was asked for",
    async run(blobs) {
      await blobs.put("a", bytes("content of a"));
      await blobs.put("b", bytes("content of b"));
      assertBytes(await blobs.get("b"), bytes("content of b"));
      assertBytes(await blobs.get("a"), bytes("content of a"));
    },
  },
  {
    id: "blob-store/get/empty-input",
    title: "gives an empty content, not undefined, for a blob without content",
    async run(blobs) {
      await blobs.put("empty", new Uint8Array(0));
      assert.equal((await blobs.get("empty"))?.length, 0);
    },
  },
  {
    id: "blob-store/get/unknown-id",
    title: "answers undefined where there is no blob, or only one of a longer or shorter key",
    async run(blobs) {
      await putKeys(blobs, ["a/b", "gone"]);
      await blobs.delete("gone");
      for (const key of ["never", "a", "a/", "a/b/", "A/B", "gone"])
        assertBytes(await blobs.get(key), undefined);
    },
  },
  {
    id: "blob-store/get/duplicate",
    title: "gives each reader a buffer of its own: changing one changes neither the store nor another",
    async run(blobs) {
      await blobs.put("a", bytes("content"));
      const [first, second] = [await blobs.get("a"), await blobs.get("a")];
      first?.fill(0);
      assertBytes(second, bytes("content"));
      assertBytes(await blobs.get("a"), bytes("content"));
    },
  },
  {
    id: "blob-store/get/concurrent",
    title: "answers many reads at once, each with its own blob",
    async run(blobs) {
      const keys = Array.from({ length: 20 }, (_, i) => `key ${i}`);
      await putKeys(blobs, keys);
      const contents = await Promise.all([...keys, ...keys].map((key) => blobs.get(key)));
      for (const [i, content] of contents.entries()) assertBytes(content, bytes(keys[i % 20] as string));
    },
  },
  {
    id: "blob-store/stat/works",
    title: "says key and size in bytes",
    async run(blobs) {
      await blobs.put("a", bytes("é😀"));
      const info = await blobs.stat("a");
      assertInfos(info ? [info] : [], [{ key: "a", size: 6 }]);
    },
  },
  {
    id: "blob-store/stat/empty-input",
    title: "says size 0 of a blob without content",
    async run(blobs) {
      await blobs.put("empty", new Uint8Array(0));
      assert.equal((await blobs.stat("empty"))?.size, 0);
    },
  },
  {
    id: "blob-store/stat/unknown-id",
    title: "answers undefined where there is no blob",
    async run(blobs) {
      await putKeys(blobs, ["a/b", "gone"]);
      await blobs.delete("gone");
      for (const key of ["never", "a", "a/", "gone"]) assert.equal(await blobs.stat(key), undefined);
    },
  },
  {
    id: "blob-store/stat/duplicate",
    title: "says the size of the newest content",
    async run(blobs) {
      await blobs.put("a", bytes("long content"));
      await blobs.put("a", bytes("short"));
      assert.equal((await blobs.stat("a"))?.size, 5);
    },
  },
  {
    id: "blob-store/stat/concurrent",
    title: "says a size that the blob had, while it is replaced",
    async run(blobs) {
      await blobs.put("a", new Uint8Array(10));
      await interleave(
        (round) => blobs.put("a", new Uint8Array(round % 2 === 0 ? 20 : 10)),
        async () => assert.ok([10, 20].includes((await blobs.stat("a"))?.size ?? -1)),
      );
    },
  },
  {
    id: "blob-store/list/works",
    title: "lists key and size of the blobs below a prefix, by ascending key",
    async run(blobs) {
      await putKeys(blobs, ["b/2", "a/1", "b/10", "b/1", "b", "c"]);
      assertInfos(await blobs.list("b/"), infosOf(["b/1", "b/10", "b/2"]));
      assertInfos(await blobs.list("b"), infosOf(["b", "b/1", "b/10", "b/2"]));
    },
  },
  {
    id: "blob-store/list/works/order",
    title: "orders keys by UTF-16 code units, and takes the prefix literally",
    async run(blobs) {
      const keys = awkwardStrings.flatMap((text) => [text, `${text}\u{10ffff}/x`]).sort(byCodeUnits);
      await putKeys(blobs, keys);
      assertInfos(await blobs.list(""), infosOf(keys));
      for (const prefix of awkwardStrings)
        assertInfos(await blobs.list(prefix), infosOf(keys.filter((key) => key.startsWith(prefix))));
    },
  },
  {
    id: "blob-store/list/works/limit",
    title: "returns `limit` blobs at the most, 1,000 where none is given, from behind `after`",
    async run(blobs) {
      const keys = Array.from({ length: 1001 }, (_, i) => `key/${String(i).padStart(4, "0")}`);
      await Promise.all(keys.map((key) => blobs.put(key, bytes(key))));
      assertInfos(await blobs.list("key/"), infosOf(keys.slice(0, 1000)));
      assertInfos(await blobs.list("", { limit: 1 }), infosOf(keys.slice(0, 1)));
      assertInfos(await blobs.list("key/", { after: "key/0001", limit: 2 }), infosOf(keys.slice(2, 4)));
      assertInfos(await blobs.list("key/", { after: "key/0999" }), infosOf(keys.slice(1000)));
      assertInfos(await blobs.list("key/", { after: "a", limit: 2 }), infosOf(keys.slice(0, 2)));
      assertInfos(await blobs.list("key/", { after: "z" }), []);
    },
  },
  {
    id: "blob-store/list/empty-input",
    title: "lists nothing of an empty store, and all for an empty prefix",
    async run(blobs) {
      assertInfos(await blobs.list(""), []);
      await putKeys(blobs, ["a", "b"]);
      assertInfos(await blobs.list(""), infosOf(["a", "b"]));
    },
  },
  {
    id: "blob-store/list/unknown-id",
    title: "lists nothing below a prefix without blobs, and starts behind an `after` that is not there",
    async run(blobs) {
      await putKeys(blobs, ["a", "c", "gone"]);
      await blobs.delete("gone");
      assertInfos(await blobs.list("b"), []);
      assertInfos(await blobs.list("gone"), []);
      assertInfos(await blobs.list("", { after: "b" }), infosOf(["c"]));
    },
  },
  {
    id: "blob-store/list/duplicate",
    title: "gives every blob exactly once when read page by page, whatever the page's size",
    async run(blobs) {
      const keys = awkwardStrings.slice(0, 20).sort(byCodeUnits);
      await putKeys(blobs, [...keys, ...keys]);
      for (const limit of [1, 7, 20, 21]) {
        const read: string[] = [];
        while (true) {
          const page = await blobs.list("", { after: read.at(-1), limit });
          read.push(...page.map(({ key }) => key));
          assert.ok(read.length <= keys.length, "paging gave a blob twice");
          if (page.length < limit) break;
        }
        assert.deepStrictEqual(read, keys);
      }
    },
  },
  {
    id: "blob-store/list/concurrent",
    title: "lists every blob that stays, while others come and go",
    async run(blobs) {
      await putKeys(blobs, ["stay/1", "stay/2"]);
      await interleave(
        async (round) => {
          await blobs.put(`stay/1/${round}`, bytes("x"));
          await blobs.delete(`stay/1/${round}`);
        },
        async () => {
          const keys = (await blobs.list("stay/")).map(({ key }) => key);
          assert.ok(keys.includes("stay/1") && keys.includes("stay/2"), "a blob was missing from a listing");
        },
      );
    },
  },
  {
    id: "blob-store/delete/works",
    title: "deletes a blob, and no other",
    async run(blobs) {
      await putKeys(blobs, ["a", "a/b", "ab"]);
      await blobs.delete("a");
      assertBytes(await blobs.get("a"), undefined);
      assert.equal(await blobs.stat("a"), undefined);
      assertInfos(await blobs.list(""), infosOf(["a/b", "ab"]));
      assertBytes(await blobs.get("a/b"), bytes("a/b"));
    },
  },
  {
    id: "blob-store/delete/empty-input",
    title: "deletes a blob without content like any other",
    async run(blobs) {
      await blobs.put("empty", new Uint8Array(0));
      await blobs.delete("empty");
      assertBytes(await blobs.get("empty"), undefined);
      assertInfos(await blobs.list(""), []);
    },
  },
  {
    id: "blob-store/delete/unknown-id",
    title: "deletes a blob that is not there without an error, in an empty store too",
    async run(blobs) {
      await blobs.delete("never");
      await putKeys(blobs, ["a/b"]);
      await blobs.delete("a");
      await blobs.delete("a/b/c");
      assertInfos(await blobs.list(""), infosOf(["a/b"]));
    },
  },
  {
    id: "blob-store/delete/duplicate",
    title: "deletes a blob twice without an error",
    async run(blobs) {
      await putKeys(blobs, ["a", "b"]);
      await blobs.delete("a");
      await blobs.delete("a");
      assertInfos(await blobs.list(""), infosOf(["b"]));
    },
  },
  {
    id: "blob-store/delete/concurrent",
    title: "deletes what many delete at once, and keeps what is stored at the same time",
    async run(blobs) {
      await putKeys(blobs, ["a", "b"]);
      const fresh = Array.from({ length: 10 }, (_, i) => `fresh/${i}`);
      await Promise.all([
        ...["a", "b", "a", "b"].map((key) => blobs.delete(key)),
        ...fresh.map((key) => blobs.put(key, bytes(key))),
      ]);
      assertInfos(await blobs.list(""), infosOf(fresh));
      for (const key of fresh) assertBytes(await blobs.get(key), bytes(key));
    },
  },
];
