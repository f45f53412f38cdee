import { createMemoryStorage } from "@keelson/adapters-memory";
import { describe, expect, it } from "vitest";
import type { SourceDocument } from "../src/index.ts";
import {
  codeOf,
  contentOf,
  createLetters,
  createSubject,
  dump,
  failureOf,
  faultsOf,
  paragraphs,
  recordsOf,
  type Subject,
  stateOf,
  withCollections,
} from "./support.ts";

const documents: SourceDocument[] = Array.from({ length: 30 }, (_, i) => ({
  id: `d${i}`,
  text: `text ${i}\n\nmore ${i}`,
  metadata: { i, nested: { even: i % 2 === 0 } },
  subjects: [`s${i % 3}`],
  version: `${i}`,
}));
const ids = documents.map(({ id }) => id);

function subject(): Promise<Subject> {
  return createSubject({ chunker: paragraphs });
}

async function bytesOf(storage: Subject["storage"], prefix: string): Promise<number> {
  return (await storage.blobs.list(prefix)).reduce((sum, { size }) => sum + size, 0);
}

describe("snapshot", () => {
  it("says what it holds, and is listed, oldest first", async () => {
    const { index, clock } = await subject();
    await index.upsert(documents);
    const first = await index.snapshot();
    expect(first).toEqual({
      id: expect.any(String),
      createdAtMs: clock.now(),
      documents: 30,
      chunks: 60,
      digest: expect.any(String),
      bytes: expect.any(Number),
      erased: 0,
    });
    clock.setNow(clock.now() + 1);
    await index.remove(["d3"]);
    const second = await index.snapshot();
    expect(second).toMatchObject({ documents: 29, chunks: 58 });
    expect(await index.snapshots()).toEqual([first, second]);
  });

  it("has one digest for one content, whatever came in between and however it was packed", async () => {
    const { index, clock, storage } = await subject();
    await index.upsert(documents);
    const first = await index.snapshot();
    clock.setNow(clock.now() + 1);
    const again = await index.snapshot();
    expect(again.id).not.toBe(first.id);
    expect(again.digest).toBe(first.digest);
    await index.upsert([{ ...documents[0], id: "d0", text: "other", version: "other" }]);
    expect((await index.snapshot()).digest).not.toBe(first.digest);
    await index.restore(first.id);
    for (const { key } of await storage.blobs.list("index/docs/pack/")) await storage.blobs.delete(key);
    clock.setNow(clock.now() + 1);
    const repacked = await index.snapshot();
    expect(repacked.digest).toBe(first.digest);
    await index.restore(repacked.id);
    expect(await index.staleIds(documents)).toEqual([]);
  });

  it("is the same one when taken twice in a millisecond", async () => {
    const { index } = await subject();
    await index.upsert(documents);
    expect(await index.snapshot()).toEqual(await index.snapshot());
    expect(await index.snapshots()).toHaveLength(1);
  });

  it("reads and writes only what has changed", async () => {
    const { index, storage, clock, open: openAgain } = await createSubject();
    const many = Array.from({ length: 2000 }, (_, i) => ({ id: `d${i}`, text: `text ${i}`, version: "1" }));
    await index.upsert(many);
    await index.snapshot();
    const full = await bytesOf(storage, "index/docs/");
    clock.setNow(clock.now() + 1);
    await index.snapshot();
    expect(await bytesOf(storage, "index/docs/pack/")).toBeGreaterThan(full * 0.95);
    const before = await bytesOf(storage, "index/docs/");
    clock.setNow(clock.now() + 1);
    await index.upsert(
      many.filter((_, i) => i % 100 === 0).map(({ id }) => ({ id, text: "changed", version: "2" })),
    );
    const { open } = storage.vectors;
    let read = 0;
    storage.vectors.open = async (...args) => {
      const collection = await open(...args);
      return {
        ...collection,
        get: (wanted, options) => {
          read += wanted.length;
          return collection.get(wanted, options);
        },
      };
    };
    await (await openAgain()).snapshot();
    expect(read).toBe(20);
    expect((await bytesOf(storage, "index/docs/")) - before).toBeLessThan(full * 0.03);
  });

  it("reports vectors that are lost instead of leaving them out", async () => {
    const { index, storage } = await subject();
    await index.upsert(documents);
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    await collection.delete([(await index.get("d7"))?.chunks[0]?.id ?? ""]);
    expect(await failureOf(index.snapshot())).toMatchObject({
      code: "VECTORS_MISSING",
      details: { index: "docs", documentId: "d7", missing: 1 },
    });
    expect(await index.snapshots()).toEqual([]);
  });

  it("holds what others change while it is packed as it was, and not what they remove", async () => {
    const { index, storage, clock } = await subject();
    await index.upsert(documents);
    const { put } = storage.blobs;
    storage.blobs.put = async (key, bytes, options) => {
      await put(key, bytes, options);
      if (!key.includes("/pack/")) return;
      storage.blobs.put = put;
      await index.upsert([{ id: "d1", text: "changed", version: "x" }]);
      await index.remove(["d2"]);
    };
    const first = await index.snapshot();
    expect(first).toMatchObject({ documents: 29, chunks: 58 });
    clock.setNow(clock.now() + 1);
    expect(await index.snapshot()).toMatchObject({ documents: 29, chunks: 57 });
    await index.restore(first.id);
    expect((await index.get("d1"))?.chunks.map(({ text }) => text)).toEqual(["text 1", "more 1"]);
    expect(await index.get("d2")).toBeUndefined();
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves no note of a document that is removed while the first one packs it", async () => {
    const { index, storage } = await subject();
    await index.upsert(documents);
    const { commit } = storage.state;
    let meanwhile: unknown;
    storage.state.commit = async (changes, options) => {
      // The removal has looked for notes, and found that there are none.
      if (changes.some((change) => "delete" in change && change.key.endsWith("/doc/d2"))) {
        storage.state.commit = commit;
        meanwhile = await index.snapshot();
      }
      return await commit(changes, options);
    };
    expect(await index.remove(["d2"])).toMatchObject({ removed: ["d2"] });
    expect(meanwhile).toMatchObject({ documents: 30 });
    expect(await faultsOf(storage)).toEqual([]);
    expect(await index.remove(["d3"])).toMatchObject({ removed: ["d3"] });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("holds every document whole while others write", async () => {
    const { index, open, clock } = await subject();
    await index.upsert(documents);
    const writer = await open();
    const write = async (): Promise<void> => {
      for (let round = 0; round < 20; round++) {
        await writer.upsert(
          documents
            .slice(0, 10)
            .map(({ id }) => ({ id, text: `round ${round}\n\nround ${round}`, version: `r${round}` })),
        );
        await writer.remove(["d20"]);
        await writer.upsert([documents[20] as SourceDocument]);
      }
    };
    const writing = write();
    const snapshots = [];
    for (let i = 0; i < 10; i++) {
      clock.setNow(clock.now() + 1);
      snapshots.push(await index.snapshot());
    }
    await writing;
    for (const { id } of snapshots) {
      await index.restore(id);
      for (const each of ids.slice(0, 10)) {
        const texts = (await index.get(each))?.chunks.map(({ text }) => text) ?? [];
        const [first = "", second = ""] = texts;
        expect(texts).toHaveLength(2);
        expect(second.split(" ")[1]).toBe(first.split(" ")[1]);
      }
    }
  });
});

describe("restore", () => {
  it("makes the index equal to the snapshot: no merge", async () => {
    const { index, storage, embedder } = await subject();
    await index.upsert(documents);
    const before = await contentOf(index, ids);
    const answers = await index.query("text 7", { topK: 60 });
    const snapshot = await index.snapshot();
    await index.remove(["d0", "d1"]);
    await index.upsert([
      { id: "later", text: "later" },
      { id: "d2", text: "changed", version: "x" },
    ]);
    embedder.texts.length = 0;
    expect(await index.restore(snapshot.id)).toEqual({ snapshot, generation: 2, leftOut: 0 });
    expect(await contentOf(index, ids)).toEqual(before);
    expect(await index.get("later")).toBeUndefined();
    expect(await index.query("text 7", { topK: 60 })).toEqual(answers);
    expect(embedder.texts).toEqual(["text 7"]);
    expect(await index.staleIds(documents)).toEqual([]);
    expect(await index.status()).toMatchObject({ documents: 30, chunks: 60, generation: 2 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("writes nothing anew in the next snapshot", async () => {
    const { index, storage, clock } = await subject();
    await index.upsert(documents);
    const { id, digest } = await index.snapshot();
    await index.restore(id);
    const packs = await storage.blobs.list("index/docs/pack/");
    clock.setNow(clock.now() + 1);
    expect((await index.snapshot()).digest).toBe(digest);
    expect(await storage.blobs.list("index/docs/pack/")).toEqual(packs);
  });

  it("brings expired documents back into the ledger, but not into view", async () => {
    const { index, clock } = await subject();
    await index.upsert([
      { id: "a", text: "aa", ttlMs: 10 },
      { id: "b", text: "bb" },
    ]);
    const { id } = await index.snapshot();
    clock.setNow(clock.now() + 10);
    await index.sweepExpired();
    await index.restore(id);
    expect(await index.status()).toMatchObject({ documents: 2, expired: 1 });
    expect(await index.get("a")).toBeUndefined();
    expect((await index.query("aa")).map((match) => match.id)).toEqual(["b"]);
    expect((await index.sweepExpired()).removed).toEqual(["a"]);
  });

  it("works in another storage that has the blobs", async () => {
    const first = await subject();
    await first.index.upsert(documents);
    const { id, digest } = await first.index.snapshot();
    const second = createMemoryStorage();
    for (const { key } of await first.storage.blobs.list("")) {
      await second.blobs.put(key, (await first.storage.blobs.get(key)) as Uint8Array);
    }
    const index = await first.open(second);
    await index.restore(id);
    expect(await contentOf(index, ids)).toEqual(await contentOf(first.index, ids));
    first.clock.setNow(first.clock.now() + 1);
    expect((await index.snapshot()).digest).toBe(digest);
    expect(await faultsOf(second)).toEqual([]);
  });

  it("keeps one generation behind the live one, and drops the one before", async () => {
    const { index, storage } = await subject();
    await index.upsert(documents);
    const { id } = await index.snapshot();
    for (let i = 0; i < 3; i++) await index.restore(id);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@3", "docs@4"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("finds every flipped bit, and leaves the live generation untouched", async () => {
    const { index, storage } = await createSubject();
    await index.upsert([
      { id: "a", text: "aa" },
      { id: "b", text: "bb", metadata: { x: 1 } },
    ]);
    const { id } = await index.snapshot();
    await index.upsert([{ id: "c", text: "cc" }]);
    const before = await dump({ ...storage, blobs: { ...storage.blobs, list: () => [] } });
    const blobs = await storage.blobs.list("index/docs/");
    expect(blobs).toHaveLength(2);
    for (const { key, size } of blobs) {
      const good = (await storage.blobs.get(key)) as Uint8Array;
      for (let at = 0; at < size; at += 13) {
        const bad = good.slice();
        bad[at] = (bad[at] ?? 0) ^ (1 << (at % 8));
        await storage.blobs.put(key, bad);
        expect(await failureOf(index.restore(id)), `${key} at ${at}`).toMatchObject({
          code: "SNAPSHOT_CORRUPT",
          details: { snapshotId: id, object: key },
        });
      }
      await storage.blobs.put(key, good.slice(0, -1));
      expect(await codeOf(index.restore(id))).toBe("SNAPSHOT_CORRUPT");
      await storage.blobs.put(key, good);
    }
    const after = (await dump({ ...storage, blobs: { ...storage.blobs, list: () => [] } })).replace(
      /"next":\d+/,
      '"next":2',
    );
    expect(after).toBe(before);
    await index.restore(id);
    expect(await index.status()).toMatchObject({ documents: 2 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("names a pack that is missing, or another's", async () => {
    const { index, storage, clock } = await createSubject();
    await index.upsert([{ id: "a", text: "aa" }]);
    const { id } = await index.snapshot();
    const [pack] = await storage.blobs.list("index/docs/pack/");
    clock.setNow(clock.now() + 1);
    await index.upsert([{ id: "a", text: "bb" }]);
    await index.snapshot();
    const other = (await storage.blobs.list("index/docs/pack/")).find(({ key }) => key !== pack?.key);
    await storage.blobs.put(pack?.key ?? "", (await storage.blobs.get(other?.key ?? "")) as Uint8Array);
    expect(await failureOf(index.restore(id))).toMatchObject({
      code: "SNAPSHOT_CORRUPT",
      details: { object: pack?.key },
    });
    await storage.blobs.delete(pack?.key ?? "");
    expect(await failureOf(index.restore(id))).toMatchObject({
      code: "SNAPSHOT_CORRUPT",
      details: { object: pack?.key, reason: "missing" },
    });
    expect((await index.get("a"))?.chunks[0]?.text).toBe("bb");
  });

  it("refuses when the storage does not keep what is restored", async () => {
    const { index, storage, open } = await subject();
    await index.upsert(documents);
    const { id } = await index.snapshot();
    const vectors = withCollections(storage.vectors, ({ upsert }) => ({
      upsert: (records, options) =>
        upsert(
          records.map((record) => ({ ...record, vector: record.vector.map(Math.round).fill(3, 0, 1) })),
          options,
        ),
    }));
    const lossy = await open({ vectors });
    expect(await failureOf(lossy.restore(id))).toMatchObject({ code: "SNAPSHOT_CORRUPT" });
    expect(await index.status()).toMatchObject({ generation: 1, documents: 30 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("refuses what it does not have, and what another embedder made", async () => {
    const { index, open } = await subject();
    expect(await failureOf(index.restore("none"))).toMatchObject({
      code: "SNAPSHOT_NOT_FOUND",
      details: { index: "docs", snapshotId: "none" },
    });
    await index.upsert(documents);
    const { id } = await index.snapshot();
    const other = await open({ embedder: createLetters("other@1") });
    expect(await codeOf(other.restore(id))).toBe("EMBEDDER_MISMATCH");
    expect((await index.status()).generation).toBe(1);
  });

  it("lets of two restores at once one win, and the other say so", async () => {
    const { index, open, storage } = await subject();
    await index.upsert(documents);
    const { id } = await index.snapshot();
    const other = await open();
    const results = await Promise.allSettled([index.restore(id), other.restore(id)]);
    expect(results.filter(({ status }) => status === "fulfilled").length).toBeGreaterThan(0);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason.code).toBe("STATE_CONFLICT");
    }
    expect(await index.status()).toMatchObject({ documents: 30 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("sends writers that come in between to the new generation", async () => {
    const { index, open, storage } = await subject();
    await index.upsert(documents);
    const { id } = await index.snapshot();
    const writer = await open();
    const restoring = index.restore(id);
    for (let i = 0; i < 20; i++) await writer.upsert([{ id: `w${i}`, text: `w ${i}` }]);
    await restoring;
    await writer.upsert([{ id: "after", text: "after" }]);
    expect(await index.get("after")).toBeDefined();
    expect((await index.status()).generation).toBe(2);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("loses nothing that is being written while the pointer moves", async () => {
    const { index, open, storage } = await subject();
    await index.upsert(documents);
    const { id } = await index.snapshot();
    let restored = 0;
    const vectors = withCollections(storage.vectors, ({ upsert }) => ({
      upsert: async (records) => {
        await upsert(records);
        if (restored++ === 0) await index.restore(id);
      },
    }));
    const writer = await open({ vectors });
    expect((await writer.upsert([{ id: "w", text: "written" }])).added).toBe(1);
    expect(restored).toBe(2);
    expect((await index.status()).generation).toBe(2);
    expect((await index.get("w"))?.chunks[0]?.text).toBe("written");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("rejects with the signal's reason, and drops what it has begun", async () => {
    const { index, storage } = await subject();
    await index.upsert(documents);
    const { id } = await index.snapshot();
    const before = (await stateOf(storage)).length;
    const controller = new AbortController();
    const reason = new Error("stop");
    const { get } = storage.blobs;
    storage.blobs.get = async (key, options) => {
      if (key.includes("/pack/")) controller.abort(reason);
      return await get(key, options);
    };
    expect(await failureOf(index.restore(id, { signal: controller.signal }))).toBe(reason);
    expect((await stateOf(storage)).length).toBe(before);
    expect(await faultsOf(storage)).toEqual([]);
  });
});
