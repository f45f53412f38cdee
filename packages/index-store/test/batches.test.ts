import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
import type { Storage } from "@keelson/core";
import { createFaultyStorage, type FaultEffect } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import {
  createIndex,
  type DocumentSource,
  type Index,
  type IndexOptions,
  type IndexProgress,
  type ProgressOptions,
  type SourceDocument,
  type WriteResult,
} from "../src/index.ts";
import { createLetters, faultsOf } from "./support.ts";

// Around the first batch, of which a few are written first: 64, 192, then 256 each.
const counts = [255, 256, 257, 320];
/** Three batches, and the end of the source. */
const some = 260;

const documentsOf = (count: number): SourceDocument[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text ${i}` }));

const kinds: Record<string, (documents: readonly SourceDocument[]) => DocumentSource> = {
  list: (documents) => documents,
  *generator(documents) {
    yield* documents;
  },
  async *"async generator"(documents) {
    for (const [i, document] of documents.entries()) {
      if (i % 50 === 0) await Promise.resolve();
      yield document;
    }
  },
};

type Way = (index: Index, source: () => DocumentSource, options?: ProgressOptions) => Promise<WriteResult>;

const ways: Record<string, Way> = {
  sync: (index, source, options) => index.sync(source(), { mode: "full", ...options }),
  upsert: (index, source, options) => index.upsert(source(), options),
  "plan and apply": async (index, source, options) =>
    await index.apply(await index.plan(source(), { mode: "full" }), source(), options),
};

async function openOn(storage: Storage, options: Partial<IndexOptions> = {}) {
  const clock = createManualClock({ nowMs: 1_000_000 });
  const embedder = createLetters();
  const given = {
    ...storage,
    name: "docs",
    embedder,
    redactor: "none",
    clock,
    leaseMs: 1000,
    ...options,
  } as const;
  return { index: await createIndex(given), embedder, clock };
}

async function textsOf(index: Index, count: number): Promise<(string | undefined)[]> {
  return await Promise.all(documentsOf(count).map(async ({ id }) => (await index.get(id))?.chunks[0]?.text));
}

describe.each(Object.keys(ways))("%s", (way) => {
  const write = ways[way] as Way;
  describe.each(Object.keys(kinds))("of a %s", (kind) => {
    const sourceOf = kinds[kind] as (documents: readonly SourceDocument[]) => DocumentSource;
    it.each(counts)("writes %i documents, each once, and tells of each once", async (count) => {
      const storage = createMemoryStorage();
      const { index, embedder } = await openOn(storage);
      const check = async (documents: SourceDocument[], expected: Record<string, number>, told: number) => {
        const events: IndexProgress[] = [];
        embedder.texts.length = 0;
        const result = await write(index, () => sourceOf(documents), {
          onProgress: (event) => events.push(event),
        });
        if (way === "plan and apply") delete expected.unchanged;
        expect(result).toMatchObject(expected);
        expect(new Set(embedder.texts).size).toBe(embedder.texts.length);
        expect(embedder.texts.length).toBe(result.embeddedChunks);
        const ids = events.flatMap(({ documents: each = [] }) => each.map(({ id }) => id));
        expect(ids).toHaveLength(told);
        expect(new Set(ids).size).toBe(told);
        const dones = events.filter(({ task }) => task === "write").map(({ done }) => done);
        expect(dones).toEqual([...dones].sort((a, b) => a - b));
        if (way !== "plan and apply") expect(dones.at(-1)).toBe(documents.length);
        expect(await textsOf(index, count)).toEqual(documents.map(({ text }) => text));
        expect(await faultsOf(storage)).toEqual([]);
      };
      const first = documentsOf(count);
      await check(first, { added: count, unchanged: 0, embeddedChunks: count }, count);
      await check(first, { added: 0, changed: 0, unchanged: count, embeddedChunks: 0 }, 0);
      for (const every of [2, 7, 63]) {
        const changed = first.map((each, i) => (i % every === 0 ? { ...each, text: `${every} ${i}` } : each));
        const before = await textsOf(index, count);
        const differ = changed.filter(({ text }, i) => text !== before[i]).length;
        await check(changed, { changed: differ, unchanged: count - differ, embeddedChunks: differ }, differ);
      }
    });
  });
});

const effects = [
  "fail",
  "fail-after",
  "kill",
  "kill-after",
  "kill-within",
] as const satisfies readonly FaultEffect[];

describe.each(["sync", "plan and apply"])("%s of several batches, at each call of the storage", (way) => {
  const write = ways[way] as Way;
  it.each(effects)(
    "loses nothing where it goes wrong (%s), and embeds nothing again that shows",
    async (effect) => {
      const documents = documentsOf(some);
      for (let at = 1; ; at++) {
        const storage = createMemoryStorage();
        await openOn(storage);
        const opening = createFaultyStorage(storage);
        await openOn(opening);
        const error = new Error("injected");
        const faulty = createFaultyStorage(storage, { at: opening.steps + at, effect, error });
        const { index } = await openOn(faulty);
        const outcome = await write(index, () => documents).catch((reason: unknown) => reason);
        if (!faulty.fired) break;
        const { index: next, embedder } = await openOn(storage, {
          clock: createManualClock({ nowMs: 1_001_000 }),
        });
        const shown = (await textsOf(next, some)).filter((text) => text !== undefined).length;
        if (outcome !== error) expect([at, shown]).toEqual([at, some]);
        const again = await write(next, () => documents);
        expect([at, again.added, embedder.texts.length]).toEqual([at, some - shown, some - shown]);
        expect([at, await textsOf(next, some)]).toEqual([at, documents.map(({ text }) => text)]);
        expect([at, await faultsOf(storage)]).toEqual([at, []]);
      }
    },
  );

  it("stops at an abort, and leaves no trace", async () => {
    const documents = documentsOf(some);
    for (let at = 1; ; at++) {
      const storage = createMemoryStorage();
      await openOn(storage);
      const opening = createFaultyStorage(storage);
      await openOn(opening);
      const faulty = createFaultyStorage(storage, { at: opening.steps + at, effect: "hold" });
      const { index, embedder } = await openOn(faulty);
      const controller = new AbortController();
      const reason = new Error("enough");
      const writing = write(index, () => documents, { signal: controller.signal }).catch(
        (error: unknown) => error,
      );
      await Promise.race([faulty.reached, writing]);
      if (!faulty.fired) break;
      controller.abort(reason);
      faulty.release();
      const outcome = await writing;
      const shown = (await textsOf(index, some)).filter((text) => text !== undefined).length;
      if (outcome !== reason) expect([at, shown]).toEqual([at, some]);
      expect([at, await faultsOf(storage)]).toEqual([at, []]);
      embedder.texts.length = 0;
      const again = await write(index, () => documents);
      expect([at, again.added, embedder.texts.length]).toEqual([at, some - shown, some - shown]);
      expect([at, await textsOf(index, some)]).toEqual([at, documents.map(({ text }) => text)]);
    }
  });

  it("is compared again where others write meanwhile", async () => {
    const documents = documentsOf(some);
    for (let at = 1; ; at++) {
      const storage = createMemoryStorage();
      const { index: other } = await openOn(storage);
      const opening = createFaultyStorage(storage);
      await openOn(opening);
      const faulty = createFaultyStorage(storage, { at: opening.steps + at, effect: "hold" });
      const { index, embedder } = await openOn(faulty);
      const events: IndexProgress[] = [];
      const writing = write(index, () => documents, { onProgress: (event) => events.push(event) }).catch(
        (error: unknown) => error,
      );
      await Promise.race([faulty.reached, writing]);
      if (!faulty.fired) break;
      // One to the very text, one to another, one removed, in each of the first batches.
      for (const [same, different] of [
        [5, 6],
        [70, 71],
        [258, 259],
      ] as const) {
        await other.upsert([
          { id: `d${same}`, text: `text ${same}` },
          { id: `d${different}`, text: "by another" },
        ]);
      }
      faulty.release();
      const outcome = (await writing) as WriteResult;
      expect([at, new Set(embedder.texts).size]).toEqual([at, embedder.texts.length]);
      expect([at, await faultsOf(storage)]).toEqual([at, []]);
      if (way === "plan and apply") continue;
      const { added, changed, unchanged, failed } = outcome;
      expect([at, added + changed + unchanged + failed]).toEqual([at, some]);
      const ids = events.flatMap(({ documents: each = [] }) => each.map(({ id }) => id));
      expect([at, new Set(ids).size]).toEqual([at, ids.length]);
      expect([at, ids.length]).toEqual([at, added + changed]);
      expect([at, embedder.texts.length]).toEqual([at, outcome.embeddedChunks]);
      const texts = await textsOf(index, some);
      const differ = texts.flatMap((text, i) => (text === `text ${i}` ? [] : [i]));
      // What was written already when the other came stays as the other has it.
      for (const i of differ) expect([6, 71, 259]).toContain(i);
    }
  });
});

describe("sync", () => {
  it("writes nothing any more once another has its lease, whatever batch that is", async () => {
    const documents = documentsOf(some);
    for (let at = 1; ; at++) {
      const storage = createMemoryStorage();
      await openOn(storage);
      const opening = createFaultyStorage(storage);
      await openOn(opening);
      const faulty = createFaultyStorage(storage, { at: opening.steps + at, effect: "hold" });
      const { index } = await openOn(faulty);
      const writing = index.sync(documents, { mode: "full" }).catch((error: unknown) => error);
      await Promise.race([faulty.reached, writing]);
      if (!faulty.fired) break;
      const [held] = await storage.state.get(["index/docs/lease/sync"]);
      if (held === undefined) {
        faulty.release();
        await writing;
        continue;
      }
      await storage.state.commit([
        { key: "index/docs/lease/sync", value: "another" },
        { key: "index/docs/lease/sync/until", value: 9e15 },
      ]);
      const shown = async () => (await textsOf(index, some)).filter((text) => text !== undefined).length;
      const before = await shown();
      faulty.release();
      const outcome = await writing;
      expect([at, await shown()]).toEqual([at, before]);
      if (before < some) expect([at, outcome]).toMatchObject([at, { code: "LEASE_LOST" }]);
      expect([at, await faultsOf(storage)]).toEqual([at, []]);
    }
  });
});
