import assert from "node:assert/strict";
import type { BlobStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { outcomeOf, rejection } from "../conformance/outcome.ts";
import { awkwardStrings, brokenStrings, byCodeUnits, longString } from "../fixtures/strings.ts";
import { assertBytes, assertInfos, bytes, infosOf, pattern, putKeys } from "./subject.ts";

/** Storing blobs. */
export const putCases: readonly ConformanceCase<BlobStore>[] = [
  {
    id: "blob-store/put/works",
    title: "stores bytes of every value, which come back exactly",
    async run(blobs) {
      const content = Uint8Array.from({ length: 1024 }, (_, i) => i % 256);
      await blobs.put("all bytes", content);
      assertBytes(await blobs.get("all bytes"), content);
    },
  },
  {
    id: "blob-store/put/works/sizes",
    title: "stores a blob of one byte and one of several megabytes",
    async run(blobs) {
      const large = pattern(3 * 2 ** 20 + 1);
      await blobs.put("one", Uint8Array.of(0));
      await blobs.put("large", large);
      assertBytes(await blobs.get("one"), Uint8Array.of(0));
      assertBytes(await blobs.get("large"), large);
      assert.equal((await blobs.stat("large"))?.size, large.length);
    },
  },
  {
    id: "blob-store/put/works/awkward-keys",
    title: "keeps keys of every kind of Unicode apart: paths, separators, NUL, case, normal forms",
    async run(blobs) {
      const keys = [...awkwardStrings, longString(1024), `${longString(1023)}y`];
      await putKeys(blobs, keys);
      for (const key of keys) assertBytes(await blobs.get(key), bytes(key));
      assertInfos(await blobs.list(""), infosOf([...keys].sort(byCodeUnits)));
      for (const key of keys.slice(1)) await blobs.delete(key);
      assertInfos(await blobs.list(""), infosOf(keys.slice(0, 1)));
    },
  },
  {
    id: "blob-store/put/works/part-of-a-buffer",
    title: "stores the bytes of a view, not those of the buffer under it",
    async run(blobs) {
      const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6);
      await blobs.put("view", buffer.subarray(2, 4));
      await blobs.put("node buffer", Buffer.from("text"));
      assertBytes(await blobs.get("view"), Uint8Array.of(3, 4));
      assertBytes(await blobs.get("node buffer"), bytes("text"));
    },
  },
  {
    id: "blob-store/put/empty-input",
    title: "stores a blob without content, which is not the same as none",
    async run(blobs) {
      await blobs.put("empty", new Uint8Array(0));
      assertBytes(await blobs.get("empty"), new Uint8Array(0));
      assert.equal((await blobs.stat("empty"))?.size, 0);
    },
  },
  {
    id: "blob-store/put/unknown-id",
    title: "creates a blob that is not there or was deleted, also with ifAbsent",
    async run(blobs) {
      await blobs.put("a", bytes("first"), { ifAbsent: true });
      await blobs.delete("a");
      await blobs.put("a", bytes("second"), { ifAbsent: true });
      assertBytes(await blobs.get("a"), bytes("second"));
    },
  },
  {
    id: "blob-store/put/duplicate",
    title: "replaces a blob whole, by a shorter one too",
    async run(blobs) {
      await blobs.put("a", bytes("long content"));
      await blobs.put("a", bytes("short"));
      assertBytes(await blobs.get("a"), bytes("short"));
      assertInfos(await blobs.list(""), [{ key: "a", size: 5 }]);
      await blobs.put("a", bytes("again"), { ifAbsent: false });
      assertBytes(await blobs.get("a"), bytes("again"));
    },
  },
  {
    id: "blob-store/put/duplicate/if-absent",
    title: "refuses to replace a blob with BLOB_EXISTS where ifAbsent is set, and keeps it",
    async run(blobs) {
      await blobs.put("a", bytes("first"));
      const { details } = await rejection("BLOB_EXISTS", () =>
        blobs.put("a", bytes("second"), { ifAbsent: true }),
      );
      assert.equal(details.key, "a");
      await rejection("BLOB_EXISTS", () => blobs.put("a", bytes("first"), { ifAbsent: true }));
      assertBytes(await blobs.get("a"), bytes("first"));
    },
  },
  {
    id: "blob-store/put/refuses/keys",
    title: "refuses a malformed key with KEY_INVALID, and stores nothing",
    async run(blobs) {
      for (const key of ["", "x".repeat(1025), ...brokenStrings])
        await rejection("KEY_INVALID", () => blobs.put(key, bytes("content")));
      assertInfos(await blobs.list(""), []);
    },
  },
  {
    id: "blob-store/put/copies",
    title: "copies the bytes before the call returns, and leaves them as they were",
    async run(blobs) {
      const content = bytes("before");
      const done = blobs.put("a", content);
      assertBytes(content, bytes("before"));
      content.fill(0);
      await done;
      assertBytes(await blobs.get("a"), bytes("before"));
    },
  },
  {
    id: "blob-store/put/concurrent",
    title: "lets exactly one of many puts with ifAbsent succeed, and keeps its content",
    async run(blobs) {
      for (let round = 0; round < 5; round++) {
        const key = `contested/${round}`;
        const contents = Array.from({ length: 8 }, (_, i) => bytes(`content ${i}`.repeat(i + 1)));
        const outcomes = await Promise.all(
          contents.map((content) => outcomeOf(() => blobs.put(key, content, { ifAbsent: true }))),
        );
        const winners = contents.filter((_, i) => outcomes[i]?.status === "answered");
        assert.equal(winners.length, 1, `${winners.length} of 8 puts with ifAbsent succeeded`);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected")
            assert.equal((outcome.reason as { code?: unknown }).code, "BLOB_EXISTS");
        }
        assertBytes(await blobs.get(key), winners[0]);
      }
    },
  },
  {
    id: "blob-store/put/concurrent/whole",
    title: "shows a reader the old content or the new, whole, while a blob is replaced",
    async run(blobs) {
      const version = (i: number): Uint8Array => new Uint8Array(50_000 + i * 1000).fill(i);
      await blobs.put("a", version(0));
      await interleave(
        (round) => blobs.put("a", version(round)),
        async () => {
          const content = await blobs.get("a");
          assert.ok(content, "a blob was missing while it was replaced");
          assertBytes(content, version(content[0] ?? 0));
        },
      );
    },
  },
];
