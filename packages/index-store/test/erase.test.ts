import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFsStorage } from "@keelson/adapters-fs";
import { createMemoryStorage } from "@keelson/adapters-memory";
import { type Awaitable, KeelsonError, type Storage } from "@keelson/core";
import { crashPoints, createFaultyStorage, type FaultEffect, type StorageOperation } from "@keelson/testkit";
import { afterAll, describe, expect, it } from "vitest";
import { digest } from "../src/digest.ts";
import type { Index, IndexProgress, SourceDocument } from "../src/index.ts";
import {
  beforeCommit,
  codeOf,
  contentOf,
  createGate,
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

const documents: SourceDocument[] = Array.from({ length: 12 }, (_, i) => ({
  id: `doc-${i}`,
  text: `words of ${i}\n\nmore of ${i}`,
  subjects: i % 4 === 1 ? ["ann@example.com"] : [`nobody ${i}`],
}));
const ids = documents.map(({ id }) => id);

/** An index with the secret document in all places: generations, snapshots of several versions, packs shared and not. */
async function createHistory(): Promise<Subject & { readonly snapshots: string[] }> {
  const subject = await createSubject({ chunker: paragraphs, leaseMs: 1 });
  const { index, clock } = subject;
  const snapshots: string[] = [];
  const snapshot = async (): Promise<void> => {
    clock.setNow(clock.now() + 1);
    snapshots.push((await index.snapshot()).id);
  };
  await index.upsert([
    ...documents,
    { id: "secret-id", text: "zebra one\n\nzebra two", metadata: { name: "zebra" }, subjects: ["zoe"] },
  ]);
  await snapshot();
  await index.upsert([{ id: "secret-id", text: "zebra three", subjects: ["zoe", "zed"] }]);
  await snapshot();
  await index.restore(snapshots[0] ?? "");
  await index.upsert([{ id: "doc-0", text: "changed" }]);
  await snapshot();
  clock.setNow(clock.now() + 1);
  return { ...subject, snapshots };
}

/** Nothing of it is left but what names nobody. */
async function expectGone(storage: Storage): Promise<void> {
  const everything = await dump(storage);
  expect(everything).not.toContain("zebra");
  expect(everything).not.toContain("secret-id");
}

async function expectWhole({
  index,
  snapshots,
}: {
  index: Index;
  snapshots: readonly string[];
}): Promise<void> {
  for (const id of snapshots) {
    expect(await index.verify(id)).toMatchObject({ ok: true });
    expect(await index.drill(id)).toMatchObject({ ok: true, leftOut: 0 });
  }
}

/** Another handle, which lets something happen before the first commit that has a change of such a key. */
async function openBefore({ open, storage }: Subject, part: string, happens: () => Awaitable<unknown>) {
  let happened = false;
  const state = beforeCommit(storage.state, async (changes) => {
    if (happened || !changes.some(({ key }) => key.includes(part))) return;
    happened = true;
    await happens();
  });
  return await open({ state });
}

/** Copies all blobs. What it gives puts them back. */
async function copyBlobs({ blobs }: Storage): Promise<() => Promise<void>> {
  const copies = new Map<string, Uint8Array>();
  for (const { key } of await blobs.list("")) copies.set(key, (await blobs.get(key)) as Uint8Array);
  return async () => {
    for (const [key, bytes] of copies) await blobs.put(key, bytes);
  };
}

describe("erase", () => {
  it("removes a document from ledger, vectors, older generations and snapshots, and says where it was", async () => {
    const history = await createHistory();
    const { index, storage, snapshots, clock } = history;
    expect(await dump(storage)).toContain("zebra");
    const receipt = await index.erase({ ids: ["secret-id", "doc-3", "unknown"] });
    expect(receipt).toMatchObject({
      index: "docs",
      by: "ids",
      requestedAtMs: clock.now(),
      completedAtMs: clock.now(),
      documents: 2,
      generations: [
        { generation: 2, documents: 2, chunks: 4 },
        { generation: 1, documents: 2, chunks: 3 },
      ],
      strayRecords: 0,
      stoppedWrites: 0,
      snapshots: snapshots.map((snapshotId) => ({ snapshotId, documents: 2 })),
      removal: { vectors: "physical", state: "physical", blobs: "physical" },
    });
    expect(receipt.tombstones).toHaveLength(3);
    expect(JSON.stringify(receipt)).not.toMatch(/secret-id|doc-3|zebra/);
    await expectGone(storage);
    await expectWhole(history);
    expect(await index.erasures()).toEqual([receipt]);
    const listed = await index.snapshots();
    expect(listed.map(({ documents, erased }) => [documents, erased])).toEqual(snapshots.map(() => [11, 2]));
    expect(Object.keys(await contentOf(index, ids)).length).toBe(12);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("tells how many documents it is through with, in packs and in generations", async () => {
    const { index } = await createSubject({ chunker: paragraphs });
    await index.upsert(documents);
    await index.snapshot();
    await index.rebuild({ embedder: createLetters("other@1", 16) });
    const events: IndexProgress[] = [];
    const onProgress = (event: IndexProgress): number => events.push(event);
    await index.erase({ ids: ["doc-0", "doc-1"] }, { onProgress });
    expect(events.map(({ type, done }) => `${type} ${done}`)).toEqual([
      "start 0",
      // The documents of the pack; those to be removed, in each generation; those of the pack again.
      "progress 12",
      "progress 14",
      "progress 16",
      "progress 28",
      "end 28",
    ]);
    expect(JSON.stringify(events)).not.toContain("doc-");
    expect(new Set(events.map(({ task }) => task))).toEqual(new Set(["erase"]));
  });

  it("leaves what stays packed where it is: the next snapshot reads and writes nothing", async () => {
    const { index, storage, clock } = await createHistory();
    await index.erase({ ids: ["secret-id"] });
    const packs = (await storage.blobs.list("index/docs/pack/")).map(({ key }) => key);
    clock.setNow(clock.now() + 1);
    const { id } = await index.snapshot();
    expect((await storage.blobs.list("index/docs/pack/")).map(({ key }) => key)).toEqual(packs);
    expect((await index.verify(id)).ok).toBe(true);
  });

  it("finds all that is about a subject, in snapshots too that know it by another version", async () => {
    const history = await createHistory();
    const { index, storage } = history;
    const zed = await index.erase({ subject: "zed" });
    // The second version is about zed; the first is of the same document.
    expect(zed).toMatchObject({ by: "subject", documents: 1 });
    expect(zed.snapshots).toHaveLength(3);
    await expectGone(storage);
    const ann = await index.erase({ subject: "ann@example.com" });
    expect(ann).toMatchObject({ documents: 3 });
    expect((await index.status()).documents).toBe(9);
    await expectWhole(history);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("finds what is about a subject where no snapshot was taken", async () => {
    const { index, storage } = await createSubject();
    await index.upsert([...documents, { id: "secret-id", text: "zebra one", subjects: ["zoe"] }]);
    expect(await index.erase({ subject: "zoe" })).toMatchObject({ documents: 1, snapshots: [], packs: 0 });
    expect((await index.status()).documents).toBe(12);
    await expectGone(storage);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("finds what only snapshots know to be about a subject, and every version of it", async () => {
    const { index, storage, clock } = await createSubject();
    const about = (id: string, text: string, isAbout: boolean): SourceDocument => ({
      ...{ id, text },
      subjects: [isAbout ? "zoe" : "nobody"],
    });
    // Whichever pack is looked into first, one of them is found in the second only.
    await index.upsert([...documents, about("first", "zebra a", true), about("second", "zebra b", false)]);
    const { id: one } = await index.snapshot();
    await clock.advance(1);
    await index.upsert([about("first", "zebra c", false), about("second", "zebra d", true)]);
    const { id: two } = await index.snapshot();
    await index.remove(["first"]);
    await index.upsert([about("second", "zebra e", false)]);
    expect(await index.erase({ subject: "zoe" })).toMatchObject({
      documents: 2,
      generations: [{ generation: 1, documents: 1, chunks: 1 }],
      snapshots: [
        { snapshotId: one, documents: 2 },
        { snapshotId: two, documents: 2 },
      ],
      packs: 2,
    });
    expect(await dump(storage)).not.toContain("zebra");
    await expectWhole({ index, snapshots: [one, two] });
    expect(await faultsOf(storage)).toEqual([]);
  });

  /** Copies of a snapshot's blobs, of which the storage knows nothing any more, with a document about zoe. */
  async function createCopies() {
    const subject = await createSubject({ leaseMs: 1 });
    const { index, storage } = subject;
    await index.upsert([{ id: "secret-id", text: "zebra one", subjects: ["zoe"] }]);
    const { id } = await index.snapshot();
    const putBack = await copyBlobs(storage);
    await index.remove(["secret-id"]);
    await index.forget({ snapshotIds: [id] });
    await index.upsert(documents);
    return { ...subject, snapshot: id, putBack };
  }

  it("keeps what is about a subject out of a restore of copies that it has never seen", async () => {
    const { index, snapshot, putBack } = await createCopies();
    expect(await index.erase({ subject: "zoe" })).toMatchObject({ documents: 0 });
    await putBack();
    expect(await index.restore(snapshot)).toMatchObject({ leftOut: 1 });
    expect(await index.get("secret-id")).toBeUndefined();
  });

  it("takes what is about a subject out of copies that are put back before it is finished", async () => {
    const { index, open, storage, clock, snapshot, putBack } = await createCopies();
    let dead = false;
    const state = beforeCommit(storage.state, (changes) => {
      if (dead) throw new Error("dead");
      dead = changes.some(({ key }) => key.includes("/erasing/"));
    });
    const mortal = await open({ state });
    expect(await failureOf(mortal.erase({ subject: "zoe" }))).toMatchObject({ message: "dead" });
    await putBack();
    await clock.advance(1);
    await index.erase({ ids: ["nothing"] });
    await expectGone(storage);
    expect(await index.erasures()).toHaveLength(2);
    expect(await index.verify(snapshot)).toMatchObject({ ok: true });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("keeps no pack that had nothing else, nor one that a snapshot needed for nothing else", async () => {
    const { index, storage, clock } = await createSubject();
    const packs = async () =>
      (await storage.blobs.list("")).filter(({ key }) => key.includes("/pack/")).length;
    const secret = { id: "secret-id", text: "zebra one" };
    await index.upsert([secret, { id: "a", text: "one" }]);
    const { id: one } = await index.snapshot();
    await clock.advance(1);
    await index.upsert([{ id: "a", text: "two" }]);
    const { id: two } = await index.snapshot();
    await clock.advance(1);
    await index.upsert([{ ...secret, text: "zebra two" }]);
    const { id: three } = await index.snapshot();
    expect(await packs()).toBe(3);
    await index.erase({ ids: ["secret-id"] });
    expect(await packs()).toBe(2);
    await expectWhole({ index, snapshots: [one, two, three] });
    expect(await index.forget({ snapshotIds: [one] })).toMatchObject({ packs: 1 });
    expect(await packs()).toBe(1);
    await expectWhole({ index, snapshots: [two, three] });
  });

  it("keeps from opening what cannot go on with an erasure for another reason than a damaged snapshot", async () => {
    const history = await createHistory();
    const { index, open, storage, clock, snapshots } = history;
    const dying = await openBefore(history, "/packed/", () => Promise.reject(new Error("dead")));
    expect(await failureOf(dying.erase({ ids: ["secret-id"] }))).toMatchObject({ message: "dead" });
    clock.setNow(clock.now() + 1);
    const offline = { ...storage.blobs, list: () => Promise.reject(new Error("offline")) };
    expect(await failureOf(open({ blobs: offline }))).toMatchObject({ message: "offline" });
    clock.setNow(clock.now() + 1);
    await open();
    expect(await index.erasures()).toHaveLength(1);
    await expectWhole({ index, snapshots });
  });

  it("names tombstones by a key that another handle has made meanwhile", async () => {
    const subject = await createHistory();
    const { index, storage, snapshots } = subject;
    const putBack = await copyBlobs(storage);
    const eraser = await openBefore(subject, "/erasure-key", () =>
      storage.state.commit([{ key: "index/docs/erasure-key", value: "made-by-another-handle" }]),
    );
    await eraser.erase({ ids: ["secret-id"] });
    await putBack();
    expect(await index.restore(snapshots[0] ?? "")).toMatchObject({ leftOut: 1 });
    const refused = await createHistory();
    const other = await openBefore(refused, "/erasure-key", () => Promise.reject(new Error("full")));
    expect(await failureOf(other.erase({ ids: ["secret-id"] }))).toMatchObject({ message: "full" });
  });

  it("asks no store for what it cannot filter by", async () => {
    const { index, open, storage } = await createHistory();
    const unasked = withCollections(storage.vectors, () => ({
      query: () => Promise.reject(new Error("no filters")),
    }));
    const capabilities = { ...unasked.capabilities, filters: false };
    const eraser = await open({ vectors: { ...unasked, capabilities } });
    expect(await eraser.erase({ ids: ["secret-id"] })).toMatchObject({ documents: 1, strayRecords: 0 });
    await expectGone(storage);
    expect(await index.get("secret-id")).toBeUndefined();
  });

  it("does no harm when it is repeated, or finds nothing", async () => {
    const { index, storage } = await createHistory();
    await index.erase({ ids: ["secret-id"] });
    const before = (await storage.blobs.list("")).map(({ key }) => key);
    expect(await index.erase({ ids: ["secret-id"] })).toMatchObject({
      documents: 0,
      generations: [],
      snapshots: [],
      packs: 0,
    });
    expect(await index.erase({ subject: "nobody at all" })).toMatchObject({ documents: 0 });
    expect((await storage.blobs.list("")).map(({ key }) => key)).toEqual(before);
    expect(await index.erasures()).toHaveLength(3);
  });

  it("keeps it out of a restore of copies made before, and lets a later document of that id be restored", async () => {
    const { index, storage, snapshots, clock } = await createHistory();
    const putBack = await copyBlobs(storage);
    await index.erase({ ids: ["secret-id"] });
    await index.erase({ subject: "ann@example.com" });
    await putBack();
    const report = await index.drill(snapshots[0] ?? "");
    expect(report).toMatchObject({ ok: true, leftOut: 4, documents: 9 });
    expect(await index.restore(snapshots[0] ?? "")).toMatchObject({ leftOut: 4 });
    expect(await index.get("secret-id")).toBeUndefined();
    expect((await index.status()).documents).toBe(9);

    clock.setNow(clock.now() + 1);
    await index.upsert([{ id: "secret-id", text: "new consent" }]);
    const { id } = await index.snapshot();
    await index.remove(["secret-id"]);
    expect(await index.restore(id)).toMatchObject({ leftOut: 0 });
    expect((await index.get("secret-id"))?.chunks[0]?.text).toBe("new consent");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("keeps it out of such a restore though the clock was set back before the erasure", async () => {
    const { index, storage, snapshots, clock } = await createHistory();
    const putBack = await copyBlobs(storage);
    clock.setNow(clock.now() - 100_000);
    await index.erase({ ids: ["secret-id"] });
    await index.upsert([{ id: "secret-id", text: "new consent" }]);
    const { id: later } = await index.snapshot();
    await putBack();

    expect(await index.restore(snapshots[0] ?? "")).toMatchObject({ leftOut: 1 });
    expect(await index.get("secret-id")).toBeUndefined();
    expect(await index.restore(later)).toMatchObject({ leftOut: 0 });
    expect((await index.get("secret-id"))?.chunks[0]?.text).toBe("new consent");
  });

  it("goes by the time in another storage, which counts erasures of its own", async () => {
    const { storage, snapshots } = await createHistory();
    const elsewhere = await createSubject();
    const { index } = elsewhere;
    // Before the snapshot, and though it is the first erasure there, none of those that the snapshot knows of.
    await index.erase({ ids: ["secret-id"] });
    for (const { key } of await storage.blobs.list(""))
      await elsewhere.storage.blobs.put(key, (await storage.blobs.get(key)) as Uint8Array);
    expect(await index.restore(snapshots[0] ?? "")).toMatchObject({ leftOut: 0 });

    // In the very millisecond it may have been either.
    const { createdAtMs } = (await index.snapshots()).find(({ id }) => id === snapshots[0]) ?? {
      createdAtMs: 0,
    };
    elsewhere.clock.setNow(createdAtMs);
    await index.erase({ ids: ["secret-id"] });
    for (const { key } of await storage.blobs.list(""))
      await elsewhere.storage.blobs.put(key, (await storage.blobs.get(key)) as Uint8Array);
    expect(await index.restore(snapshots[0] ?? "")).toMatchObject({ leftOut: 1 });
  });

  it("takes away what a drill that died has left", async () => {
    const { index, open, storage, snapshots, clock } = await createHistory();
    const { open: openCollection } = storage.vectors;
    const gate = createGate();
    let died = (): void => {};
    const dead = new Promise<void>((resolve) => {
      died = resolve;
    });
    const vectors = {
      ...storage.vectors,
      open: async (...args: Parameters<typeof openCollection>) => {
        const collection = await openCollection(...args);
        if (!args[0].includes("@drill-")) return collection;
        return {
          ...collection,
          upsert: async (...records: Parameters<typeof collection.upsert>) => {
            await collection.upsert(...records);
            died();
            await gate.opened;
          },
        };
      },
    };
    // One that stands still for ever is as good as dead.
    const state = { ...storage.state };
    const dying = await open({ vectors, state });
    void dying.drill(snapshots[0] ?? "");
    await dead;
    state.commit = () => new Promise(() => {});
    const erasing = index.erase({ ids: ["secret-id"] });
    await clock.advance(120_000);
    await erasing;
    await expectGone(storage);
  });

  it("names tombstones by the key it was given, and otherwise by one of its own that stands in no snapshot", async () => {
    const { index, open, storage } = await createHistory();
    const own = await index.erase({ ids: ["secret-id"] });
    const given = await open({ erasureKey: new Uint8Array(32).fill(7) });
    const other = await given.erase({ ids: ["secret-id"] });
    expect(other.tombstones).not.toEqual(own.tombstones);
    const same = await (await open({ erasureKey: new Uint8Array(32).fill(7) })).erase({ ids: ["secret-id"] });
    expect(same.tombstones).toEqual(other.tombstones);
    const key = (await stateOf(storage)).find((entry) => entry.key === "index/docs/erasure-key");
    expect(String(key?.value)).toHaveLength(43);
    for (const blob of await storage.blobs.list(""))
      expect(Buffer.from((await storage.blobs.get(blob.key)) ?? []).includes(String(key?.value))).toBe(false);
    expect(await codeOf(open({ erasureKey: new Uint8Array(8) }))).toBe("ARGUMENT_INVALID");
  });

  it("says what the storage can only hide", async () => {
    const { storage, open } = await createHistory();
    const index = await open({
      vectors: {
        ...storage.vectors,
        capabilities: { ...storage.vectors.capabilities, physicalDelete: false },
      },
    });
    // The storage's own stores are reclaimed, the one put in the place of one is not.
    expect((await index.erase({ ids: ["secret-id"] })).removal).toEqual({
      vectors: "logical",
      state: "physical",
      blobs: "physical",
    });
    const without = await open({ reclaim: undefined });
    expect((await without.erase({ ids: ["secret-id"] })).removal).toEqual({
      vectors: "physical",
      state: "logical",
      blobs: "logical",
    });
  });

  it("lets a write that is under way not bring it back, and a later one write it as new", async () => {
    const { index, open, storage, embedder } = await createHistory();
    const reached = createGate();
    const gate = createGate();
    const slow = await open({
      embedder: {
        ...embedder,
        embed: async (...args) => {
          reached.open();
          await gate.opened;
          return await embedder.embed(...args);
        },
      },
    });
    const document = { id: "secret-id", text: "zebra again" };
    const writing = slow.upsert([document, { id: "other", text: "other" }]);
    await reached.opened;
    await index.erase({ ids: ["secret-id"] });
    gate.open();
    const result = await writing;
    expect(result).toMatchObject({ added: 1, failed: 1 });
    expect(result.failures).toMatchObject([
      { id: "secret-id", error: { code: "DOCUMENT_ERASED", details: { documentId: "secret-id" } } },
    ]);
    await expectGone(storage);
    expect(await index.get("other")).toBeDefined();
    expect(await slow.upsert([document])).toMatchObject({ added: 1 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("takes away what another writer has staged, and that one starts again without it", async () => {
    const { index, open, storage } = await createHistory();
    const slow = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "hold-after" });
    const writer = await open({ ...slow });
    const writing = writer.upsert([{ id: "secret-id", text: "zebra staged", subjects: ["zoe"] }]);
    await slow.reached;
    await index.erase({ subject: "zoe" });
    await expectGone(storage);
    slow.release();
    expect(await codeOf(writing)).toBe("DOCUMENT_ERASED");
    await expectGone(storage);
    expect(await faultsOf(storage)).toEqual([]);
  });

  /** A writer that was about to stage the secret when it was erased. */
  async function createPaused(effect?: FaultEffect) {
    const subject = await createSubject({ leaseMs: 1000 });
    let reclaims = 0;
    const storage: Storage = {
      ...subject.storage,
      reclaim: async (options) => {
        reclaims++;
        return (await subject.storage.reclaim?.(options)) ?? { reclaimedBytes: 0, stores: [] };
      },
    };
    const mortal = createFaultyStorage(storage, effect && { on: ["vectors.upsert"], at: 1, effect });
    const paused = createFaultyStorage(mortal, { on: ["vectors.upsert"], at: 1, effect: "hold" });
    const index = await subject.open(storage);
    const writer = await subject.open(paused);
    const writing = failureOf(writer.upsert([{ id: "secret-id", text: "zebra late" }]));
    await paused.reached;
    const receipt = await index.erase({ ids: ["secret-id"] });
    await expectNoText(storage);
    return {
      ...subject,
      storage,
      index,
      receipt,
      writing,
      release: paused.release,
      reclaims: () => reclaims,
    };
  }

  // What is left of a stopped write names records, by checksums.
  async function expectNoText(storage: Storage): Promise<void> {
    const everything = await dump(storage);
    expect(everything).not.toContain("zebra");
    expect(everything).not.toContain("secret-id");
  }

  it("of a writer that dies while a handle opens has what it staged taken away by that handle, after its time", async () => {
    const { open, storage, clock } = await createSubject({ leaseMs: 1000 });
    const dying = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "kill-after" });
    await failureOf((await open(dying)).upsert([{ id: "a", text: "zebra staged" }]));
    const later = await open();
    await later.upsert([{ id: "other", text: "other" }]);
    expect(await dump(storage)).toContain("zebra");
    await clock.advance(1000);
    await later.upsert([{ id: "other", text: "another" }]);
    expect(await dump(storage)).not.toContain("zebra");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("stops a write that is about to stage, which takes away what it stages all the same", async () => {
    const { storage, receipt, writing, release, reclaims } = await createPaused();
    expect(receipt.stoppedWrites).toBe(1);
    expect(reclaims()).toBe(1);
    release();
    expect(await writing).toMatchObject({ code: "DOCUMENT_ERASED" });
    await expectNoText(storage);
    expect(reclaims()).toBe(2);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("has it taken away too by a writer that was paused until nobody waited for it", async () => {
    const { storage, clock, index, writing, release, reclaims } = await createPaused();
    await clock.advance(1000);
    await index.upsert([{ id: "other", text: "other" }]);
    expect(await faultsOf(storage)).toEqual([]);
    const before = reclaims();
    release();
    expect(await writing).toMatchObject({ code: "DOCUMENT_ERASED" });
    await expectNoText(storage);
    expect(reclaims()).toBe(before + 1);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it.each<[FaultEffect, string]>([
    ["kill-after", "write"],
    ["kill-within", "opening"],
  ])(
    "of a writer that dies there (%s) has what it staged taken away by the next %s",
    async (effect, next) => {
      for (let at = 1; ; at++) {
        const { open, storage, clock, index, writing, release, reclaims } = await createPaused(effect);
        release();
        await writing;
        expect(await dump(storage)).toContain("zebra");
        const before = reclaims();
        // Not while he might live.
        await index.upsert([{ id: "other", text: "other" }]);
        expect(await dump(storage)).toContain("zebra");
        await clock.advance(1000);
        if (next === "write") {
          await index.upsert([{ id: "other", text: "another" }]);
        } else {
          // The opening may die as well, anywhere.
          const dying = createFaultyStorage(storage, { at, effect: "kill" });
          await open(dying).catch(() => undefined);
          if (dying.fired) await open(storage);
        }
        await expectNoText(storage);
        expect(reclaims()).toBeGreaterThan(before);
        expect(await faultsOf(storage)).toEqual([]);
        if (next === "write" || at > 25) break;
      }
    },
  );

  /** An erasure that is held when it has been written down, and is about to remove from the live generation. */
  async function createHeldErasure() {
    const subject = await createSubject({ chunker: paragraphs });
    const { storage, open, index } = subject;
    await index.upsert([
      ...documents,
      { id: "secret-id", text: "zebra one\n\nzebra two", subjects: ["zoe"] },
    ]);
    const reached = createGate();
    const gate = createGate();
    let begun = false;
    const eraser = await open({
      state: {
        ...storage.state,
        get: async (keys, options) => {
          if (begun && keys.some((key) => key.includes("/doc/secret-id"))) {
            reached.open();
            await gate.opened;
          }
          return await storage.state.get(keys, options);
        },
        commit: async (changes, options) => {
          begun ||= changes.some(({ key }) => key.includes("/erasing/"));
          return await storage.state.commit(changes, options);
        },
      },
    });
    const erasing = eraser.erase({ ids: ["secret-id"] });
    await reached.opened;
    return { ...subject, erasing, goOn: gate.open };
  }

  it.each<[string, StorageOperation, number]>([
    ["its vectors in hand", "vectors.get", 1],
    ["read it", "vectors.upsert", 1],
    ["copied it", "vectors.get", 2],
  ])("keeps it from a rebuild that begins meanwhile, and has %s before it is removed", async (_, on, at) => {
    const { storage, open, erasing, goOn } = await createHeldErasure();
    const paused = createFaultyStorage(storage, { on: [on], at, effect: "hold" });
    const rebuilder = await open({ ...paused });
    const rebuilding = rebuilder.rebuild();
    await paused.reached;
    goOn();
    await erasing;
    paused.release();
    expect(await rebuilding).toMatchObject({ generation: 2 });
    expect(await rebuilder.get("secret-id")).toBeUndefined();
    await expectGone(storage);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves no note of it to a rebuild under way", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents);
    const paused = createFaultyStorage(storage, { on: ["vectors.get"], at: 1, effect: "hold" });
    const rebuilding = (await open({ ...paused })).rebuild();
    await paused.reached;
    await index.upsert([
      { id: "secret-id", text: "zebra one" },
      { id: "other", text: "other" },
    ]);
    await index.erase({ ids: ["secret-id"] });
    await expectGone(storage);
    paused.release();
    await rebuilding;
    await expectGone(storage);
    expect((await index.status()).documents).toBe(13);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves a rebuild to copy what a later write has put in its place", async () => {
    const { index, open, storage } = await createHistory();
    const held = createFaultyStorage(storage, { on: ["vectors.query"], at: 1, effect: "hold" });
    const eraser = await open({ ...held });
    const erasing = eraser.erase({ ids: ["secret-id", "doc-1"] });
    await held.reached;
    const paused = createFaultyStorage(storage, { on: ["vectors.get"], at: 2, effect: "hold" });
    const rebuilder = await open({ ...paused });
    const rebuilding = rebuilder.rebuild();
    await paused.reached;
    await index.upsert([{ id: "secret-id", text: "lion one" }]);
    held.release();
    await erasing;
    paused.release();
    await rebuilding;
    expect((await rebuilder.get("secret-id"))?.chunks[0]?.text).toBe("lion one");
    expect(await rebuilder.get("doc-1")).toBeUndefined();
    expect(await dump(storage)).not.toContain("zebra");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves what a later write has put in its place whole", async () => {
    const { index, open, storage } = await createHistory();
    const held = createFaultyStorage(storage, { on: ["vectors.query"], at: 1, effect: "hold" });
    const eraser = await open({ ...held });
    const erasing = eraser.erase({ ids: ["secret-id"] });
    await held.reached;
    const later = { id: "secret-id", text: "lion one\n\nlion two" };
    expect(await index.upsert([later])).toMatchObject({ added: 1 });
    held.release();
    await erasing;
    expect((await index.query("lion one", { topK: 2 })).map(({ id }) => id)).toEqual([
      "secret-id",
      "secret-id",
    ]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves what a later write has staged by then", async () => {
    const { index, open, storage } = await createHistory();
    const held = createFaultyStorage(storage, { on: ["vectors.query"], at: 1, effect: "hold" });
    const staging = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "hold-after" });
    const [eraser, writer] = [await open({ ...held }), await open({ ...staging })];
    const erasing = eraser.erase({ ids: ["secret-id"] });
    await held.reached;
    const writing = writer.upsert([{ id: "secret-id", text: "lion one\n\nlion two" }]);
    await staging.reached;
    held.release();
    expect(await erasing).toMatchObject({ strayRecords: 0 });
    staging.release();
    await writing;
    expect((await index.query("lion one", { topK: 2 })).map(({ id }) => id)).toEqual([
      "secret-id",
      "secret-id",
    ]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it.each([
    ["a store that answers with few", 4, 6, ["secret-id", "doc-1", "doc-2"]],
    ["a store that answers with any number", undefined, 1_001, ["secret-id", "doc-1", "doc-2", "doc-3"]],
  ])(
    "finds records that no ledger lists behind those of a later write, in %s",
    async (_, maxTopK, chunks, of) => {
      const { open, storage } = await createHistory();
      const collection = await storage.vectors.open("docs@2", { dimension: 32, metric: "cosine" });
      // Of no length, they stand behind all others.
      const strays = of.map((id, i) => ({
        ...{ id: `stray-${i}`, vector: new Float32Array(32), text: "zebra left over" },
        metadata: { "keelson:document": id },
      }));
      await collection.upsert(strays);
      const limited = withCollections(storage.vectors, ({ query }) => ({
        query: (vector, options) => {
          expect(options.topK).toBeLessThanOrEqual(maxTopK ?? 4_000);
          return query(vector, options);
        },
      }));
      const vectors = { ...limited, capabilities: { ...limited.capabilities, maxTopK } };
      const plan = { on: ["vectors.query"], at: 1, effect: "hold" } as const;
      const held = createFaultyStorage({ ...storage, vectors }, plan);
      const eraser = await open({ ...held });
      const erasing = eraser.erase({ ids: ["doc-3", "doc-1", "secret-id", "doc-2"] });
      await held.reached;
      const text = Array.from({ length: chunks }, (_, i) => `lion ${i}`).join("\n\n");
      await (await open()).upsert([{ id: "doc-3", text }]);
      held.release();
      expect(await erasing).toMatchObject({ strayRecords: of.length });
      await expectGone(storage);
      expect(await faultsOf(storage)).toEqual([]);
    },
  );

  it("removes records of it that no ledger lists", async () => {
    const { index, storage } = await createHistory();
    const collection = await storage.vectors.open("docs@2", { dimension: 32, metric: "cosine" });
    const stray = { text: "zebra left over", metadata: { "keelson:document": "secret-id" } };
    await collection.upsert([{ id: "stray", vector: new Float32Array(32), ...stray }]);
    expect(await index.erase({ ids: ["secret-id"] })).toMatchObject({ strayRecords: 1 });
    await expectGone(storage);
  });

  it("begins again where another generation has gone live meanwhile", async () => {
    const subject = await createHistory();
    const { index, storage } = subject;
    const eraser = await openBefore(subject, "/erasing/", () => index.rollbackGeneration());
    expect(await eraser.erase({ ids: ["secret-id"] })).toMatchObject({ documents: 1 });
    await expectGone(storage);
    await expectWhole(subject);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("is not begun where it cannot be written down", async () => {
    const subject = await createHistory();
    const { index, storage } = subject;
    const refusal = new KeelsonError("STATE_CONFLICT", "another key", {
      details: { key: "another", expect: 1, actual: 2 },
    });
    const eraser = await openBefore(subject, "/erasing/", () => Promise.reject(refusal));
    expect(await failureOf(eraser.erase({ ids: ["secret-id"] }))).toBe(refusal);
    expect(await index.get("secret-id")).toBeDefined();
    expect(await index.erasures()).toEqual([]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves a document that has gone while its place in a pack was noted anew", async () => {
    const subject = await createHistory();
    const { index, storage } = subject;
    let removed = "";
    const state = beforeCommit(storage.state, async (changes) => {
      const note = changes.find(({ key }) => key.includes("/packed/") && !key.includes("secret-id"));
      if (removed !== "" || note === undefined || !("value" in note)) return;
      removed = note.key.split("/packed/")[1] ?? "";
      await index.remove([removed]);
    });
    const eraser = await subject.open({ state });
    expect(await eraser.erase({ ids: ["secret-id"] })).toMatchObject({ documents: 1 });
    expect(removed).toMatch(/^doc-/);
    expect(await index.get(removed)).toBeUndefined();
    await expectGone(storage);
    await expectWhole(subject);
    await index.snapshot();
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("ends what a writer has left that died before, and counts it as stopped no more", async () => {
    const { open, storage, clock, index } = await createSubject({ leaseMs: 1000 });
    const dying = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "kill-after" });
    await failureOf((await open(dying)).upsert([{ id: "secret-id", text: "zebra staged" }]));
    expect(await dump(storage)).toContain("zebra");
    await clock.advance(1000);
    expect(await index.erase({ ids: ["secret-id"] })).toMatchObject({ stoppedWrites: 0 });
    await expectGone(storage);
    expect((await stateOf(storage)).filter(({ key }) => key.includes("/intent/"))).toEqual([]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("gives up a restore that is under way", async () => {
    const { index, open, storage, snapshots } = await createHistory();
    const reached = createGate();
    const gate = createGate();
    const slow = await open({
      blobs: {
        ...storage.blobs,
        get: async (...args) => {
          const bytes = await storage.blobs.get(...args);
          if (args[0].includes("/pack/")) {
            reached.open();
            await gate.opened;
          }
          return bytes;
        },
      },
    });
    const restoring = slow.restore(snapshots[0] ?? "");
    await reached.opened;
    await index.erase({ ids: ["secret-id"] });
    gate.open();
    expect(await codeOf(restoring)).toBe("STATE_CONFLICT");
    await expectGone(storage);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it.each([
    ["restore", { leftOut: 0, snapshot: { erased: 1 } }],
    ["verify", { ok: true, documents: 12 }],
  ] as const)(
    "lets %s, which looked at a snapshot before that was rewritten, go by what it is then",
    async (call, expected) => {
      const { index, open, storage, snapshots } = await createHistory();
      const reached = createGate();
      const gate = createGate();
      const slow = await open({
        blobs: {
          ...storage.blobs,
          get: async (key, options) => {
            const bytes = await storage.blobs.get(key, options);
            reached.open();
            await gate.opened;
            return bytes;
          },
        },
      });
      const result: Promise<unknown> = slow[call](snapshots[0] ?? "");
      await reached.opened;
      await index.erase({ ids: ["secret-id"] });
      gate.open();
      expect(await result).toMatchObject(expected);
      await expectGone(storage);
      expect(await faultsOf(storage)).toEqual([]);
    },
  );

  it("erases all but a pack that cannot be read, says so, and goes on once its snapshot is forgotten", async () => {
    const { index, storage, snapshots, open } = await createHistory();
    await index.drill(snapshots[2] ?? "");
    const packs = await storage.blobs.list("index/docs/pack/");
    const readBy = async (id: string): Promise<string[]> => {
      const { manifest } = JSON.parse(
        new TextDecoder().decode(await storage.blobs.get(`index/docs/snapshot/${id}`)),
      );
      return manifest.packs.map(({ pack }: { pack: string }) => pack);
    };
    const second = await readBy(snapshots[1] ?? "");
    const others = [...(await readBy(snapshots[0] ?? "")), ...(await readBy(snapshots[2] ?? ""))];
    const only = second.find((pack) => !others.includes(pack)) ?? "";
    expect(packs.map(({ key }) => key)).toContain(`index/docs/pack/${only}`);
    await storage.blobs.put(`index/docs/pack/${only}`, new Uint8Array(5));
    expect(await failureOf(index.erase({ ids: ["secret-id"] }))).toMatchObject({
      code: "SNAPSHOT_CORRUPT",
      details: { snapshotId: snapshots[1], object: `index/docs/pack/${only}` },
    });
    expect(await index.get("secret-id")).toBeUndefined();
    const again = await open();
    expect(await again.erasures()).toEqual([]);
    await again.forget({ snapshotIds: [snapshots[1] ?? ""] });
    await again.erase({ ids: [] });
    await expectGone(storage);
    expect(await again.erasures()).toHaveLength(2);
  });

  it("refuses what it cannot erase before it erases anything", async () => {
    const { index, storage } = await createHistory();
    const before = await stateOf(storage);
    const wrong = [{}, { ids: ["a"], subject: "b" }, { ids: "a" }, { subject: 3 }] as unknown as {
      subject: string;
    }[];
    for (const request of wrong) expect(await codeOf(index.erase(request))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.erase({ ids: ["a", "a"] }))).toBe("ID_DUPLICATE");
    expect(await codeOf(index.erase({ ids: [""] }))).toBe("ID_INVALID");
    const reason = new Error("stop");
    const signal = AbortSignal.abort(reason);
    expect(await failureOf(index.erase({ ids: ["secret-id"] }, { signal }))).toBe(reason);
    expect(await stateOf(storage)).toEqual(before);
  });

  it("is finished by the next opening wherever it dies, and every snapshot stays whole", {
    timeout: 60_000,
  }, async () => {
    let history = await createHistory();
    const create = async (): Promise<Storage> => {
      history = await createHistory();
      return history.storage;
    };
    let crashes = 0;
    let begun = 0;
    for await (const point of crashPoints({ create })) {
      const { open, clock, storage, snapshots } = history;
      const died = await point.run(
        async (faulty) => await (await open(faulty)).erase({ ids: ["secret-id"] }),
      );
      if (died) crashes++;
      clock.setNow(clock.now() + 1);
      const index = await open();
      const pending = (await stateOf(storage)).filter(({ key }) => key.includes("/erasing/"));
      expect(pending).toEqual([]);
      // Old or new: either nothing has begun, or all of it is done.
      const receipts = await index.erasures();
      if (receipts.length > 0) begun++;
      if (receipts.length === 0) expect(await index.get("secret-id")).toBeDefined();
      else await expectGone(storage);
      clock.setNow(clock.now() + 1);
      await index.erase({ ids: ["secret-id"] });
      await expectGone(storage);
      expect((await index.erasures())[0]).toMatchObject({ documents: 1 });
      for (const id of snapshots) expect(await index.verify(id)).toMatchObject({ ok: true });
      await index.forget({ keepLast: 3 });
      expect(await faultsOf(storage)).toEqual([]);
      expect((await index.status()).documents).toBe(12);
    }
    expect(crashes).toBeGreaterThan(40);
    expect(begun).toBeGreaterThan(30);
  });
});

describe("after an erasure on the filesystem", () => {
  const directory = mkdtempSync(join(tmpdir(), "keelson-erase-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** The files that hold a text, in UTF-8 or UTF-16. */
  function filesWith(
    text: string,
    encodings: readonly BufferEncoding[] = ["utf8", "utf16le"],
    root: string = directory,
  ): string[] {
    const needles = encodings.map((encoding) => Buffer.from(text, encoding));
    return readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name))
      .filter((path) => needles.some((needle) => path.includes(text) || readFileSync(path).includes(needle)));
  }

  it("the bytes are in no file", async () => {
    const words = ["zebra", "secret-id", digest("zoe"), digest("zebra one")];
    const storage = await openFsStorage(directory);
    const subject = await createSubject({ ...storage, chunker: paragraphs });
    const { index, clock } = subject;
    const secret = { id: "secret-id", metadata: { name: "zebra" }, subjects: ["zoe"], ttlMs: 1e9 };
    const erased: string[] = [];
    for (const text of ["zebra one\n\nzebra two", "zebra one\n\nzebra three"]) {
      await index.upsert([...documents, { ...secret, text }]);
      clock.setNow(clock.now() + 1);
      const { id } = await index.snapshot();
      erased.push(...(await vectorsOf(storage)));
      await index.restore(id);
    }
    for (const word of words) expect(filesWith(word), word).not.toEqual([]);
    for (const vector of erased) expect(filesWith(vector, ["latin1"])).not.toEqual([]);

    const receipt = await index.erase({ subject: "zoe" });
    expect(receipt.removal).toEqual({ vectors: "physical", state: "physical", blobs: "physical" });
    const search = (): void => {
      for (const word of words) expect(filesWith(word), word).toEqual([]);
      for (const vector of erased) expect(filesWith(vector, ["latin1"])).toEqual([]);
    };
    search();
    await index.close();
    await storage.close();
    search();
    const reopened = await openFsStorage(directory);
    const again = await subject.open(reopened);
    expect((await again.status()).documents).toBe(12);
    for (const { id } of await again.snapshots()) expect((await again.drill(id)).ok).toBe(true);
    await reopened.close();
    search();
  });

  it("nor are those of a writer that was about to stage it", async () => {
    const directoryOfWriter = mkdtempSync(join(tmpdir(), "keelson-erase-"));
    const storage = await openFsStorage(directoryOfWriter);
    const { index, open } = await createSubject({ ...storage, chunker: paragraphs });
    await index.upsert(documents);
    const paused = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "hold" });
    const writer = await open(paused);
    const writing = codeOf(writer.upsert([{ id: "secret-id", text: "zebra late", subjects: ["zoe"] }]));
    await paused.reached;
    await index.erase({ subject: "zoe" });
    await index.erase({ ids: ["secret-id"] });
    paused.release();
    expect(await writing).toBe("DOCUMENT_ERASED");
    for (const word of ["zebra", "secret-id", digest("zebra late")])
      expect(filesWith(word, undefined, directoryOfWriter), word).toEqual([]);
    await storage.close();
    rmSync(directoryOfWriter, { recursive: true });
  });

  /** The bytes of the secret's vectors, as one byte a character. */
  async function vectorsOf(storage: Storage): Promise<string[]> {
    const records = [...(await recordsOf(storage)).values()].flat();
    return records
      .filter(({ text }) => text?.includes("zebra"))
      .map(({ vector }) =>
        Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("latin1"),
      );
  }
});

describe("a redacted snapshot in another storage", () => {
  it("has nothing of what was erased", async () => {
    const { index, storage, snapshots, open } = await createHistory();
    await index.erase({ ids: ["secret-id"] });
    const second = createMemoryStorage();
    for (const { key } of await storage.blobs.list(""))
      await second.blobs.put(key, (await storage.blobs.get(key)) as Uint8Array);
    const moved = await open(second);
    expect(await moved.restore(snapshots[0] ?? "")).toMatchObject({ leftOut: 0 });
    await expectGone(second);
    expect([...(await recordsOf(second)).values()].flat().length).toBeGreaterThan(0);
  });
});
