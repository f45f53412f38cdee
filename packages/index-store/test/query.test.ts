import { createMemoryStorage } from "@keelson/adapters-memory";
import type { Storage, VectorStore, VectorStoreCapabilities } from "@keelson/core";
import { createFaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import { createIndex } from "../src/index.ts";
import {
  codeOf,
  createLetters,
  createSubject,
  failureOf,
  paragraphs,
  tinyRedactor,
  withCollections,
} from "./support.ts";

describe("query", () => {
  it("gives the closest chunks, best first, with what the ledger says of their documents", async () => {
    const { index } = await createSubject({ chunker: paragraphs });
    await index.upsert([
      { id: "a", text: "aaaa\n\nzzzz", metadata: { n: 1 } },
      { id: "b", text: "aazz" },
    ]);
    const matches = await index.query("aaaa", { topK: 2 });
    expect(matches).toEqual([
      { id: "a", chunkId: expect.any(String), score: 1, text: "aaaa", start: 0, end: 4, metadata: { n: 1 } },
      { id: "b", chunkId: expect.any(String), score: expect.any(Number), text: "aazz", start: 0, end: 4 },
    ]);
    expect(matches[0]?.chunkId).toBe((await index.get("a"))?.chunks[0]?.id);
  });

  it("answers from the live generation when the one it asks is dropped under it", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert([{ id: "a", text: "aaaa" }]);
    let isDropped = false;
    const vectors = withCollections(storage.vectors, ({ query }) => ({
      query: async (...more) => {
        if (!isDropped) {
          isDropped = true;
          for (let times = 0; times < 2; times++) await index.rebuild();
          await index.dropGeneration(2);
        }
        return await query(...more);
      },
    }));
    const slow = await open({ vectors });
    expect(await slow.query("aaaa")).toMatchObject([{ id: "a", score: 1 }]);
    expect(isDropped).toBe(true);
    expect((await storage.vectors.list()).map(({ name }) => name)).toEqual(["docs@3"]);
  });

  it("asks again by the other embedder when the index moves to that under it", async () => {
    const { index, open, storage, embedder } = await createSubject();
    await index.upsert([
      { id: "a", text: "aaaa" },
      { id: "b", text: "bbbb" },
    ]);
    const other = createLetters("other@1", 16);
    let isMoved = false;
    const vectors = withCollections(storage.vectors, ({ query }) => ({
      query: async (...more) => {
        const found = await query(...more);
        if (!isMoved) await index.rebuild({ embedder: other });
        isMoved = true;
        return found;
      },
    }));
    const slow = await open({ vectors, embedders: [other] });
    embedder.texts.length = 0;
    other.texts.length = 0;
    expect(await slow.query("aaaa", { topK: 1 })).toMatchObject([{ id: "a", score: 1 }]);
    expect([embedder.texts, other.texts]).toEqual([["aaaa"], ["aaaa", "bbbb", "aaaa"]]);
  });

  it("rejects as the store does", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert([{ id: "a", text: "aaaa" }]);
    const error = new Error("offline");
    const offline = await open({ ...createFaultyStorage(storage, { on: ["vectors.query"], at: 1, error }) });
    expect(await failureOf(offline.query("aaaa"))).toBe(error);
  });

  it("orders equal scores by document id and place", async () => {
    const { index } = await createSubject({ chunker: paragraphs });
    const ids = ["e", "b", "a", "d", "c"];
    await index.upsert(ids.map((id) => ({ id, text: "ab\n\nba" })));
    expect((await index.query("ab")).map(({ id, text }) => id + text)).toEqual(
      ["a", "b", "c", "d", "e"].flatMap((id) => [`${id}ab`, `${id}ba`]),
    );
  });

  it("finds the same ones of more equals than it is asked for, whenever they were written", async () => {
    const found: string[][] = [];
    for (const order of [1, -1]) {
      const { index } = await createSubject({ chunker: paragraphs });
      for (let n = 0; n < 20; n++) {
        const id = `d${order === 1 ? n : 19 - n}`;
        await index.upsert([{ id, text: `ab\n\n${n}` }]);
      }
      found.push((await index.query("ab", { topK: 5 })).map(({ id }) => id));
    }
    expect(found[0]).toHaveLength(5);
    expect(found[1]).toEqual(found[0]);
  });

  it("takes a vector as well as a text", async () => {
    const { index, embedder } = await createSubject();
    await index.upsert([{ id: "a", text: "abc" }]);
    const [vector] = await embedder.embed(["abc"]);
    expect(await index.query(vector as Float32Array)).toEqual(await index.query("abc"));
    expect(await codeOf(index.query(new Float32Array(31)))).toBe("VECTOR_DIMENSION_MISMATCH");
    expect(await codeOf(index.query(new Float32Array(32).fill(Number.NaN)))).toBe("VECTOR_NOT_FINITE");
    expect(await codeOf(index.query([1, 2] as never))).toBe("ARGUMENT_INVALID");
  });

  it("redacts the text before it is embedded, unless told not to", async () => {
    const { index, embedder, open } = await createSubject();
    await index.query("where is PII-Ann");
    await (await open({ redactQueries: false })).query("where is PII-Ann");
    expect(embedder.texts).toEqual(["where is [pii]", "where is PII-Ann"]);
  });

  it("finds nothing for a blank text, without asking the embedder", async () => {
    const { index, embedder } = await createSubject();
    await index.upsert([{ id: "a", text: "abc" }]);
    embedder.texts.length = 0;
    expect(await index.query(" \n")).toEqual([]);
    expect(embedder.texts).toEqual([]);
  });

  it("checks its arguments before it pays for an embedding", async () => {
    const { index, embedder } = await createSubject();
    expect(await codeOf(index.query("a", { topK: 0 }))).toBe("TOP_K_INVALID");
    expect(await codeOf(index.query("a", { filter: { field: "x" } }))).toBe("FILTER_INVALID");
    const reason = new Error("stop");
    expect(await failureOf(index.query("a", { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(embedder.texts).toEqual([]);
  });

  it("gives topK matches where that many are visible, however many expired ones are closer", async () => {
    const { index, clock } = await createSubject();
    await index.upsert(Array.from({ length: 500 }, (_, i) => ({ id: `x${i}`, text: "aaaa", ttlMs: 10 })));
    await index.upsert(Array.from({ length: 20 }, (_, i) => ({ id: `y${i}`, text: `aaab${"c".repeat(i)}` })));
    clock.setNow(clock.now() + 10);
    const matches = await index.query("aaaa", { topK: 15 });
    expect(matches.map(({ id }) => id)).toEqual(Array.from({ length: 15 }, (_, i) => `y${i}`));
    expect(await index.query("aaaa", { topK: 100 })).toHaveLength(20);
  });

  it("never returns records that the ledger does not list", async () => {
    const { index, storage } = await createSubject();
    await index.upsert([{ id: "a", text: "aaaa" }]);
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    const vector = new Float32Array(32).fill(1);
    await collection.upsert([
      { id: "staged", vector, text: "half written", metadata: { "keelson:document": "a" } },
      { id: "orphan", vector, text: "gone", metadata: { "keelson:document": "gone" } },
      { id: "foreign", vector, text: "not ours" },
    ]);
    expect((await index.query(vector)).map(({ text }) => text)).toEqual(["aaaa"]);
  });

  it("asks again when a document was replaced between its two reads", async () => {
    const storage = createMemoryStorage();
    const { open } = storage.vectors;
    let once: (() => Promise<unknown>) | undefined;
    const racing: Storage = {
      ...storage,
      vectors: {
        ...storage.vectors,
        open: async (...args) => {
          const collection = await open(...args);
          return {
            ...collection,
            query: async (...more) => {
              const found = await collection.query(...more);
              const change = once;
              once = undefined;
              await change?.();
              return found;
            },
          };
        },
      },
    };
    const options = { ...racing, name: "docs", embedder: createLetters(), redactor: tinyRedactor };
    const index = await createIndex(options);
    await index.upsert([{ id: "a", text: "old text" }]);
    once = () => index.upsert([{ id: "a", text: "new text" }]);
    expect((await index.query("text")).map(({ text }) => text)).toEqual(["new text"]);
    once = () => index.remove(["a"]);
    expect(await index.query("text")).toEqual([]);
    await index.upsert([{ id: "a", text: "old text" }]);
    const { id } = await index.snapshot();
    await index.upsert([{ id: "a", text: "later text" }]);
    once = () => index.restore(id);
    expect((await index.query("text")).map(({ text }) => text)).toEqual(["old text"]);
    once = async () => {
      await index.restore(id);
      await index.restore(id);
    };
    expect((await index.query("text")).map(({ text }) => text)).toEqual(["old text"]);
  });

  it.each<[string, Partial<VectorStoreCapabilities>]>([
    ["cannot filter", { filters: false }],
    ["gives few at a time", { maxTopK: 5 }],
    ["takes small batches", { maxBatchSize: 3 }],
  ])("works with a store that %s", async (_, capabilities) => {
    const storage = createMemoryStorage();
    const limited: VectorStore = {
      ...storage.vectors,
      capabilities: { ...storage.vectors.capabilities, ...capabilities },
      open: async (...args) => {
        const collection = await storage.vectors.open(...args);
        const refuse = (ids: readonly unknown[]): void => {
          if (ids.length > (capabilities.maxBatchSize ?? 1e9)) throw new Error("too many");
        };
        return {
          upsert: (records) => {
            refuse(records);
            return collection.upsert(records);
          },
          delete: (ids) => {
            refuse(ids);
            return collection.delete(ids);
          },
          get: (ids) => {
            refuse(ids);
            return collection.get(ids);
          },
          query: (vector, options) => {
            if (options.topK > (capabilities.maxTopK ?? 1e9)) throw new Error("too many");
            if (capabilities.filters === false && options.filter !== undefined) throw new Error("no filters");
            return collection.query(vector, options);
          },
        };
      },
    };
    const { index } = await createSubject({ vectors: limited, blobs: storage.blobs, state: storage.state });
    await index.upsert(
      Array.from({ length: 40 }, (__, i) => ({
        id: `d${i}`,
        text: `text ${i}`,
        metadata: { even: i % 2 === 0 },
      })),
    );
    await index.upsert(
      Array.from({ length: 40 }, (__, i) => ({
        id: `d${i}`,
        text: `text ${i}`,
        metadata: { even: i % 2 === 1 },
      })),
    );
    const found = await index.query("text", { topK: 5, filter: { field: "even", eq: true } });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ metadata }) => metadata?.even === true)).toBe(true);
    if (capabilities.maxTopK === undefined) expect(found).toHaveLength(5);
    expect(await index.remove(Array.from({ length: 40 }, (__, i) => `d${i}`))).toMatchObject({ chunks: 40 });
  });
});
