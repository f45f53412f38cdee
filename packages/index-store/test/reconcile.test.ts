import type { Storage, VectorCollection, VectorRecord, VectorStore } from "@keelson/core";
import { crashPoints, createFaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import {
  beforeCommit,
  codeOf,
  contentOf,
  createLetters,
  createSubject,
  faultsOf,
  paragraphs,
  recordsOf,
  type Subject,
  stateOf,
} from "./support.ts";

const documents = Array.from({ length: 30 }, (_, i) => ({
  id: `d${i}`,
  text: `text ${i}\n\nmore ${i}`,
  metadata: { i },
  version: "1",
}));
const ids = documents.map(({ id }) => id);
const clean = { count: 0, sample: [] };

interface World extends Subject {
  readonly collection: VectorCollection;
  readonly content: unknown;
}

async function createWorld(): Promise<World> {
  const subject = await createSubject({ chunker: paragraphs, leaseMs: 1 });
  await subject.index.upsert(documents);
  const collection = await subject.storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
  return { ...subject, collection, content: await contentOf(subject.index, ids) };
}

async function chunksOf({ index }: Subject, id: string): Promise<string[]> {
  return (await index.get(id))?.chunks.map((chunk) => chunk.id) ?? [];
}

async function edit(
  { collection }: World,
  id: string,
  change: (record: VectorRecord) => Partial<VectorRecord>,
): Promise<void> {
  const [record] = await collection.get([id]);
  await collection.upsert([{ ...(record as VectorRecord), ...change(record as VectorRecord) }]);
}

describe("reconcile", () => {
  it("finds an index well that is, and changes nothing", async () => {
    const { index, storage } = await createWorld();
    const before = await stateOf(storage);
    const report = {
      ok: true,
      documents: 30,
      chunks: 60,
      missing: clean,
      differing: clean,
      foreign: clean,
      foreignSought: true,
      repaired: { copied: 0, embedded: 0, deleted: 0 },
      stale: clean,
    };
    expect(await index.reconcile()).toEqual(report);
    expect(await index.reconcile({ repair: true })).toEqual(report);
    expect(await stateOf(storage)).toEqual(before);
  });

  it("finds every kind of fault by count and names, and repairs nothing unless asked", async () => {
    const world = await createWorld();
    const { index, collection, storage } = world;
    const [first = ""] = await chunksOf(world, "d1");
    await collection.delete([first]);
    await edit(world, (await chunksOf(world, "d2"))[0] ?? "", () => ({ text: "changed behind our back" }));
    await edit(world, (await chunksOf(world, "d3"))[1] ?? "", ({ vector }) => ({
      vector: vector.map((x) => x + 1),
    }));
    await edit(world, (await chunksOf(world, "d4"))[1] ?? "", ({ metadata }) => ({
      metadata: { ...metadata, i: 5 },
    }));
    await edit(world, (await chunksOf(world, "d5"))[1] ?? "", () => ({ metadata: {} }));
    await collection.upsert([
      { id: "theirs", vector: new Float32Array(32), text: "foreign" },
      { id: "ours?", vector: new Float32Array(32), metadata: { "keelson:document": "d6" } },
    ]);
    const before = await recordsOf(storage);
    expect(await index.reconcile()).toMatchObject({
      ok: false,
      missing: { count: 1, sample: ["d1"] },
      differing: { count: 4, sample: ["d2", "d3", "d4", "d5"] },
      foreign: { count: 2, sample: ["ours?", "theirs"] },
      repaired: { copied: 0, embedded: 0, deleted: 0 },
    });
    expect(await recordsOf(storage)).toEqual(before);
  });

  it("embeds again what only has its text, copies what it can, and leaves the lost to the next sync", async () => {
    const world = await createWorld();
    const { index, collection, embedder, storage, content } = world;
    const [lost = ""] = await chunksOf(world, "d1");
    await collection.delete([lost]);
    await edit(world, (await chunksOf(world, "d3"))[1] ?? "", ({ vector }) => ({
      vector: vector.map((x) => x + 1),
    }));
    await edit(world, (await chunksOf(world, "d4"))[1] ?? "", ({ metadata }) => ({
      metadata: { ...metadata, stray: true },
    }));
    await collection.upsert([{ id: "theirs", vector: new Float32Array(32) }]);
    embedder.texts.length = 0;
    expect(await index.reconcile({ repair: true })).toMatchObject({
      missing: { count: 1 },
      differing: { count: 2 },
      foreign: { count: 1 },
      repaired: { copied: 1, embedded: 1, deleted: 1 },
      stale: { count: 1, sample: ["d1"] },
    });
    expect(embedder.texts).toEqual(["more 3"]);
    expect(await faultsOf(storage)).toEqual([]);
    expect((await index.reconcile()).ok).toBe(true);
    expect((await index.explain("d1")).reasons).toEqual(["missing-vectors"]);
    // The version is equal, and the text is read all the same.
    expect((await index.explain("d1", documents[1])).reasons).toContain("missing-vectors");
    expect(await index.staleIds(documents)).toEqual(["d1"]);
    expect(await index.reindex(documents)).toMatchObject({ changed: 1, unchanged: 29, embeddedChunks: 1 });
    expect(await contentOf(index, ids)).toEqual(content);
    expect(await index.staleIds(documents)).toEqual([]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("fills a store that was emptied by hand from the newest snapshot, without embedding", async () => {
    const world = await createWorld();
    const { index, collection, embedder, storage, content } = world;
    await index.snapshot();
    await collection.delete(((await collection.scan?.()) ?? []).map(({ id }) => id));
    expect(await index.query("text")).toEqual([]);
    embedder.texts.length = 0;
    expect(await index.reconcile({ repair: true })).toMatchObject({
      missing: { count: 60 },
      repaired: { copied: 60, embedded: 0 },
      stale: clean,
    });
    expect(embedder.texts).toEqual([]);
    expect(await contentOf(index, ids)).toEqual(content);
    expect((await index.reconcile()).ok).toBe(true);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("lets a sync fill a store that was emptied by hand where there is no snapshot", async () => {
    const { index, collection, content, storage } = await createWorld();
    await collection.delete(((await collection.scan?.()) ?? []).map(({ id }) => id));
    expect(await index.reconcile({ repair: true })).toMatchObject({ stale: { count: 30 } });
    expect(await index.reindex(documents)).toMatchObject({ changed: 30 });
    expect(await contentOf(index, ids)).toEqual(content);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("copies from another chunk of the same text", async () => {
    const world = await createWorld();
    const { index, collection, embedder } = world;
    await index.upsert([{ id: "twice", text: "same\n\nsame" }]);
    await collection.delete((await chunksOf(world, "twice")).slice(1));
    embedder.texts.length = 0;
    expect(await index.reconcile({ repair: true })).toMatchObject({ repaired: { copied: 1, embedded: 0 } });
    expect((await index.get("twice"))?.chunks.map(({ text }) => text)).toEqual(["same", "same"]);
  });

  it("checks a store that cannot enumerate by the ids of the ledger, and says that it did not look for foreign ones", async () => {
    const world = await createWorld();
    const { open, storage, collection } = world;
    const vectors: VectorStore = {
      ...storage.vectors,
      open: async (...args) => {
        const { scan: _, ...rest } = await storage.vectors.open(...args);
        return rest;
      },
    };
    const index = await open({ vectors });
    await collection.delete((await chunksOf(world, "d1")).slice(1));
    await collection.upsert([{ id: "theirs", vector: new Float32Array(32) }]);
    expect(await index.reconcile({ repair: true })).toMatchObject({
      missing: { count: 1 },
      foreign: clean,
      foreignSought: false,
      stale: { count: 1 },
    });
  });

  it("looks at the generation kept for a roll-back too, and embeds by its own embedder where that is known", async () => {
    const world = await createWorld();
    const { storage, clock } = world;
    const embedder = createLetters("other@22");
    const next = await world.open({ embedder });
    await next.reindex(documents);
    clock.setNow(clock.now() + 1);
    const [old] = (await world.collection.scan?.()) ?? [];
    await edit(world, old?.id ?? "", ({ vector }) => ({ vector: vector.map((x) => x + 1) }));
    expect(await next.reconcile()).toMatchObject({ documents: 60, differing: { count: 1 } });
    expect(await next.reconcile({ repair: true })).toMatchObject({
      stale: { count: 1 },
      repaired: { embedded: 0 },
    });
    expect((await next.reconcile()).ok).toBe(true);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("does not take for foreign what others are staging, nor for faults what they change", async () => {
    const world = await createWorld();
    const { index, open, storage } = world;
    const writer = await open();
    const writing = (async () => {
      for (let round = 0; round < 10; round++)
        await writer.upsert(documents.map(({ id }) => ({ id, text: `round ${round}\n\n${id}` })));
    })();
    for (let i = 0; i < 10; i++) {
      const { ok, foreign, missing, differing } = await index.reconcile({ repair: true });
      expect({ ok, foreign, missing, differing }).toEqual({
        ok: true,
        foreign: clean,
        missing: clean,
        differing: clean,
      });
    }
    await writing;
    expect((await index.reconcile()).ok).toBe(true);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("keeps the sample small, however much is wrong", async () => {
    const { index, collection } = await createWorld();
    await collection.upsert(
      Array.from({ length: 100 }, (_, i) => ({ id: `f${i}`, vector: new Float32Array(32) })),
    );
    const { foreign } = await index.reconcile();
    expect([foreign.count, foreign.sample.length]).toEqual([100, 20]);
  });

  it("finishes when it is called again, wherever it dies", async () => {
    const damage = async (): Promise<World> => {
      const world = await createWorld();
      await world.index.snapshot();
      await world.index.upsert([{ id: "d9", text: "newer\n\nthan the snapshot" }]);
      await world.collection.delete([
        ...(await chunksOf(world, "d1")),
        (await chunksOf(world, "d9"))[1] ?? "",
      ]);
      await edit(world, (await chunksOf(world, "d3"))[1] ?? "", ({ vector }) => ({
        vector: vector.map((x) => x + 1),
      }));
      await world.collection.upsert([{ id: "theirs", vector: new Float32Array(32) }]);
      return world;
    };
    let world = await damage();
    const create = async (): Promise<Storage> => {
      world = await damage();
      return world.storage;
    };
    let crashes = 0;
    for await (const point of crashPoints({ create })) {
      const died = await point.run(
        async (faulty) => await (await world.open(faulty)).reconcile({ repair: true }),
      );
      if (died) crashes++;
      world.clock.setNow(world.clock.now() + 1);
      const index = await world.open();
      await index.reconcile({ repair: true });
      expect((await index.reconcile()).ok).toBe(true);
      expect(await index.staleIds([{ id: "d9", text: "newer\n\nthan the snapshot" }])).toEqual(["d9"]);
      expect((await index.get("d1"))?.chunks.map(({ text }) => text)).toEqual(["text 1", "more 1"]);
      expect(await faultsOf(world.storage)).toEqual([]);
    }
    expect(crashes).toBeGreaterThan(10);
  });
});

describe("reconcile beside writers", () => {
  it("leaves alone what is being staged", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents);
    const staging = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "hold-after" });
    const writer = await open({ ...staging });
    const writing = writer.upsert([{ id: "new", text: "new one\n\nnew two" }]);
    await staging.reached;
    expect(await index.reconcile({ repair: true })).toMatchObject({ ok: true, foreign: clean });
    staging.release();
    await writing;
    expect(await index.get("new")).toBeDefined();
    expect(await faultsOf(storage)).toEqual([]);
  });

  /** A handle whose repairs are beaten to it, so often. */
  async function createBeaten(times: number) {
    const subject = await createSubject();
    const { index, open, storage } = subject;
    await index.upsert(documents);
    await index.snapshot();
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    const lose = async (...texts: string[]): Promise<void> => {
      const records = (await recordsOf(storage)).get("docs@1") ?? [];
      await collection.delete(records.flatMap(({ id, text = "" }) => (texts.includes(text) ? [id] : [])));
    };
    await lose("text 1\n\nmore 1", "text 2\n\nmore 2");
    let left = times;
    const state = beforeCommit(storage.state, async (changes) => {
      if (left === 0 || !changes.some(({ key }) => key.includes("/doc/d"))) return;
      left--;
      await index.upsert([{ id: "d1", text: `by another ${left}` }]);
      await lose(`by another ${left}`);
    });
    const beaten = await open({ state });
    return { ...subject, beaten };
  }

  it("looks again where a document was written while it was repaired", async () => {
    const { index, storage, beaten } = await createBeaten(2);
    // What the other has written is in no snapshot: its text is lost with its vector.
    expect(await beaten.reconcile({ repair: true })).toMatchObject({
      missing: { count: 2 },
      repaired: { copied: 1, embedded: 0 },
      stale: { count: 1, sample: ["d1"] },
    });
    expect((await index.get("d2"))?.chunks).toMatchObject([{ text: "text 2\n\nmore 2" }]);
    expect(await index.reindex(documents)).toMatchObject({ changed: 1, unchanged: 29 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("gives up where it is beaten to it every time", async () => {
    const { beaten } = await createBeaten(100);
    expect(await codeOf(beaten.reconcile({ repair: true }))).toBe("STATE_CONFLICT");
  });
});
