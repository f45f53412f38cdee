import type { Chunker, Embedder, Redactor } from "@keelson/core";
import { createScriptedEmbedder } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import type { SourceDocument } from "../src/index.ts";
import {
  codeOf,
  contentOf,
  createLetters,
  createSubject,
  failureOf,
  faultsOf,
  paragraphs,
  recordsOf,
  stateOf,
  tinyRedactor,
  withCollections,
} from "./support.ts";

const documents: SourceDocument[] = Array.from({ length: 200 }, (_, i) => ({
  id: `d${i}`,
  text: `text ${i}\n\nmore of ${i}`,
  metadata: { i },
  ...(i % 10 === 0 && { ttlMs: 1_000_000, subjects: ["ann"] }),
}));
const ids = documents.map(({ id }) => id);

describe("rebuild", () => {
  it("embeds all by another embedder, and the handle goes on with that", async () => {
    const { index, open, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert(documents);
    const before = await contentOf(index, ids);
    const other = createLetters("other@1", 16);
    const result = await index.rebuild({ embedder: other });
    expect(result).toEqual({
      generation: 2,
      documents: 200,
      embeddedChunks: 400,
      embeddedTokens: expect.any(Number),
    });
    expect(await contentOf(index, ids)).toEqual(before);
    expect(await index.query("text", { topK: 500 })).toHaveLength(400);
    expect(await index.status()).toMatchObject({ embedder: "other@1", dimension: 16, generation: 2 });
    expect(await index.upsert([{ id: "new", text: "new" }])).toMatchObject({ added: 1 });
    expect(await index.reindex(documents)).toMatchObject({ unchanged: 200, rebuilt: 0, embeddedChunks: 0 });
    const stranger = await open();
    expect(await codeOf(stranger.query("text"))).toBe("EMBEDDER_MISMATCH");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("cuts anew what the chunks make up whole, and embeds only chunks of new text", async () => {
    const { index, embedder, storage } = await createSubject();
    await index.upsert(documents);
    embedder.texts.length = 0;
    const { embeddedChunks } = await index.rebuild({ chunker: paragraphs });
    expect(embeddedChunks).toBe(400);
    expect((await index.get("d7"))?.chunks).toMatchObject([
      { text: "text 7", start: 0, end: 6 },
      { text: "more of 7", start: 8, end: 17 },
    ]);
    expect(await index.staleIds(documents)).toEqual([]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("keeps vectors where text and embedder stay the same", async () => {
    const { index, embedder, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert(documents);
    const [before] = (await recordsOf(storage)).values();
    embedder.texts.length = 0;
    await index.rebuild();
    expect(embedder.texts).toEqual([]);
    const after = (await recordsOf(storage)).get("docs@2");
    const sorted = (records = before) => records?.map(({ text, vector }) => `${text} ${vector}`).sort();
    expect(sorted(after)).toEqual(sorted(before));
  });

  it("leaves the cutting of what its chunks do not make up whole, and says so", async () => {
    const { index } = await createSubject({ chunker: paragraphs });
    await index.upsert(documents);
    const sentences: Chunker = { specVersion: 1, id: "whole@2", chunk: (text) => [{ text }] };
    await index.rebuild({ chunker: sentences });
    expect((await index.get("d7"))?.chunks).toHaveLength(2);
    expect((await index.explain("d7")).reasons).toEqual(["chunker"]);
    await index.reindex(documents);
    expect((await index.get("d7"))?.chunks).toHaveLength(1);
    expect(await index.staleIds(documents)).toEqual([]);
  });

  it("redacts by a stricter redactor without the source: text, chunks and metadata", async () => {
    const stricter: Redactor = {
      specVersion: 1,
      id: "stricter@1",
      redact: (text) => ({
        text: text.replaceAll("PII-x", "[pii]").replaceAll("secret", "[secret]"),
        findings: text.includes("secret") ? [{ type: "SECRET", start: 0, end: 1 }] : [],
      }),
    };
    const { index, storage } = await createSubject({ chunker: paragraphs });
    const source = [
      { id: "a", text: "one\n\na secret PII-x", metadata: { tag: "secret" }, version: "1" },
      { id: "b", text: "single secret" },
      { id: "c", text: "nothing" },
    ];
    await index.upsert(source);
    await index.rebuild({ redactor: stricter });
    expect(await contentOf(index, ["a", "b", "c"])).toMatchObject({
      a: { text: ["one", "a [secret] [pii]"], metadata: { tag: "[secret]" } },
      b: { text: ["single [secret]"] },
      c: { text: ["nothing"] },
    });
    expect(JSON.stringify((await recordsOf(storage)).get("docs@2"))).not.toMatch(/ secret|"secret/);
    expect((await index.get("a"))?.findings).toEqual({ PII: 1, SECRET: 2 });
    // What was cut cannot be put together for a digest: the source is read again, and embeds nothing.
    expect(await index.staleIds(source)).toEqual(["a"]);
    expect(await index.reindex(source)).toMatchObject({ embeddedChunks: 0, unchanged: 2 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("lets queries go on all the while: none fails, none finds less, none is answered by another space", async () => {
    const { index, open, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert(documents);
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const letters = createLetters("other@1", 16);
    const other: Embedder = {
      ...letters,
      maxBatchSize: 8,
      embed: async (texts) => {
        await turn();
        return await letters.embed(texts);
      },
    };
    const reader = await open({ embedders: [other] });
    const spaces = new Set<string>();
    for (const [name, handle] of Object.entries({ index, reader })) {
      const { open: openCollection } = storage.vectors;
      storage.vectors.open = async (collection, options) => {
        const opened = await openCollection(collection, options);
        return {
          ...opened,
          query: (vector, queryOptions) => {
            if (vector.length !== options.dimension) spaces.add(`${name} mixed`);
            return opened.query(vector, queryOptions);
          },
        };
      };
      await handle.query("text", { topK: 1 });
    }
    let done = false;
    const building = index.rebuild({ embedder: other }).finally(() => {
      done = true;
    });
    let queries = 0;
    const ask = async (handle: typeof index): Promise<void> => {
      while (!done) {
        const found = await handle.query("text", { topK: 500 });
        queries++;
        expect(new Set(found.map(({ id }) => id)).size).toBe(200);
        await turn();
      }
      expect(await handle.query("text", { topK: 500 })).toHaveLength(400);
    };
    await Promise.all([building, ask(index), ask(reader), ask(index)]);
    expect(queries).toBeGreaterThan(20);
    expect([...spaces]).toEqual([]);
  });

  it("copies what others write meanwhile, and comes to an end", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents);
    const letters = createLetters("other@1", 16);
    const writer = await open({ embedders: [letters] });
    let step = 0;
    const embedder: Embedder = {
      ...letters,
      embed: async (texts) => {
        if (++step <= 8) {
          await writer.upsert([
            { id: "d5", text: `written during step ${step}` },
            { id: `extra${step}`, text: `extra ${step}` },
          ]);
          await writer.remove([`d${step + 100}`]);
        }
        return await letters.embed(texts);
      },
    };
    await index.rebuild({ embedder });
    expect((await index.get("d5"))?.chunks[0]?.text).toBe("written during step 8");
    expect(await index.get("extra3")).toBeDefined();
    expect(await index.get("d103")).toBeUndefined();
    expect((await index.status()).documents).toBe(200);
    expect(await writer.upsert([{ id: "after", text: "after" }])).toMatchObject({ added: 1 });
    expect(await writer.reindex([{ id: "after", text: "after" }])).toMatchObject({
      unchanged: 1,
      rebuilt: 0,
    });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("comes to an end over a document that has come and gone meanwhile, and keeps no note of it", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    const letters = createLetters("other@1", 16);
    const writer = await open({ embedders: [letters] });
    const embedder: Embedder = {
      ...letters,
      embed: async (texts) => {
        await writer.upsert([{ id: "fleeting", text: "here" }]);
        await writer.remove(["fleeting"]);
        return await letters.embed(texts);
      },
    };
    expect(await index.rebuild({ embedder })).toMatchObject({ documents: 3 });
    expect((await stateOf(storage)).filter(({ key }) => key.includes("fleeting"))).toEqual([]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("goes on where it stopped, over a new opening too", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents);
    const letters = createLetters("other@1", 16);
    let left = 2;
    const embed: Embedder["embed"] = (texts) =>
      left-- > 0 ? letters.embed(texts) : Promise.reject(new Error("quota"));
    expect(await codeOf(index.rebuild({ embedder: { ...letters, embed } }))).toBe("EMBEDDING_FAILED");
    await index.upsert([{ id: "d0", text: "changed meanwhile" }]);
    expect(await index.query("text", { topK: 300 })).toHaveLength(200);
    const again = await open();
    expect((await again.generations()).map(({ state }) => state)).toEqual(["live", "building"]);
    expect((await again.rebuild({ embedder: letters })).embeddedChunks).toBe(73);
    expect((await again.get("d0"))?.chunks[0]?.text).toBe("changed meanwhile");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("refuses to go live when the vector store has not kept everything", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    const { open } = storage.vectors;
    storage.vectors.open = async (...args) => {
      const collection = await open(...args);
      return { ...collection, upsert: (records) => collection.upsert(records.slice(1)) };
    };
    expect(await failureOf(index.rebuild())).toMatchObject({
      code: "VECTORS_MISSING",
      details: { documentId: "d0", missing: 1 },
    });
    expect(await index.query("text")).toHaveLength(3);
    expect((await index.generations()).map(({ number }) => number)).toEqual([1]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("forgets what others have written meanwhile when it is given up", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    let isWritten = false;
    const vectors = withCollections(storage.vectors, ({ upsert }) => ({
      upsert: async (records, options) => {
        if (!isWritten) await index.upsert([{ id: "other", text: "other" }]);
        isWritten = true;
        await upsert(records.slice(1), options);
      },
    }));
    const rebuilder = await open({ vectors });
    expect(await codeOf(rebuilder.rebuild())).toBe("VECTORS_MISSING");
    expect(isWritten).toBe(true);
    expect((await stateOf(storage)).filter(({ key }) => key.includes("/touched"))).toEqual([]);
    expect((await index.generations()).map(({ number }) => number)).toEqual([1]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("can be kept beside the live one, asked, and made live later", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documents.slice(0, 20));
    const other = createLetters("other@1", 16);
    const { generation } = await index.rebuild({ embedder: other, live: false });
    expect(await index.generations()).toMatchObject([
      { number: 1, state: "live", embedder: "letters@1" },
      { number: 2, state: "kept", embedder: "other@1", dimension: 16, pinnedBy: [] },
    ]);
    expect(await index.query("text", { generation, topK: 50 })).toHaveLength(20);
    expect(await codeOf(index.query("text", { generation: 3 }))).toBe("INDEX_TARGET_NOT_FOUND");
    expect(await codeOf(index.query(new Float32Array(16), { generation }))).toBe("EMBEDDER_MISMATCH");
    expect(await index.query(new Float32Array(16).fill(1), { generation, embedder: "other@1" })).toHaveLength(
      10,
    );
    expect((await index.status()).generation).toBe(1);
    expect(await index.makeLive(generation)).toBe(2);
    expect(await index.upsert([{ id: "new", text: "new" }])).toMatchObject({ added: 1 });
    expect((await index.status()).embedder).toBe("other@1");
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("rolls back at once and forward again, with the pipeline of each", async () => {
    const { index, storage, embedder } = await createSubject();
    await index.upsert(documents);
    await index.rebuild({ embedder: createLetters("other@1", 16), chunker: paragraphs });
    embedder.texts.length = 0;
    expect(await index.rollbackGeneration()).toBe(1);
    expect(await index.query("text 5", { topK: 1 })).toHaveLength(1);
    expect(await index.staleIds(documents)).toEqual([]);
    expect(await index.upsert([{ id: "new", text: "new" }])).toMatchObject({ added: 1 });
    expect(embedder.texts).toEqual(["text 5", "new"]);
    expect(await index.rollbackGeneration()).toBe(2);
    expect(await index.staleIds(documents)).toEqual([]);
    expect(await index.get("new")).toBeUndefined();
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("has nothing to roll back to before the first rebuild", async () => {
    const { index } = await createSubject();
    expect(await codeOf(index.rollbackGeneration())).toBe("INDEX_TARGET_NOT_FOUND");
    expect(await codeOf(index.makeLive(7))).toBe("INDEX_TARGET_NOT_FOUND");
  });

  it("drops what is asked for, vectors and ledger, but never the live one", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documents);
    await index.rebuild();
    expect(await codeOf(index.dropGeneration(2))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.dropGeneration(9))).toBe("INDEX_TARGET_NOT_FOUND");
    await index.dropGeneration(1);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@2"]);
    expect((await stateOf(storage)).filter(({ key }) => key.includes("/g/1/"))).toEqual([]);
    expect(await codeOf(index.rollbackGeneration())).toBe("INDEX_TARGET_NOT_FOUND");
  });

  it("drops those that are kept one by one, and with the previous one the way back", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    await index.rebuild();
    await index.rebuild({ live: false });
    await index.rebuild({ live: false });
    const standing = async () => (await index.generations()).map(({ number, state }) => `${number} ${state}`);
    expect(await standing()).toEqual(["1 previous", "2 live", "3 kept", "4 kept"]);
    await index.dropGeneration(3);
    expect(await standing()).toEqual(["1 previous", "2 live", "4 kept"]);
    await index.dropGeneration(1);
    expect(await standing()).toEqual(["2 live", "4 kept"]);
    expect(await failureOf(index.rollbackGeneration())).toMatchObject({
      code: "INDEX_TARGET_NOT_FOUND",
      message: "the index docs has no generation to go back to",
    });
    expect(await failureOf(index.dropGeneration(3))).toMatchObject({
      code: "INDEX_TARGET_NOT_FOUND",
      message: "the index docs has no generation 3",
    });
    await index.dropGeneration(4);
    expect(await standing()).toEqual(["2 live"]);
    expect((await storage.vectors.list()).map(({ name }) => name)).toEqual(["docs@2"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("keeps one generation for a roll-back, and no more", async () => {
    const { index } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    for (let i = 0; i < 3; i++) await index.rebuild();
    expect((await index.generations()).map(({ number, state }) => `${number} ${state}`)).toEqual([
      "3 previous",
      "4 live",
    ]);
  });

  it.each(["chunker", "redactor"] as const)(
    "does not wait for a %s that never answers, once it is aborted",
    async (part) => {
      const { index, storage } = await createSubject({ chunker: paragraphs });
      await index.upsert([{ id: "a", text: "one" }]);
      const hangs = () => {
        queueMicrotask(() => controller.abort(reason));
        return new Promise<never>(() => {});
      };
      const controller = new AbortController();
      const reason = new Error("enough");
      const plugins = {
        chunker: { chunker: { specVersion: 1, id: "never@1", chunk: hangs } },
        redactor: { redactor: { specVersion: 1, id: "never@1", redact: hangs } },
      } as const;
      expect(await failureOf(index.rebuild({ ...plugins[part], signal: controller.signal }))).toBe(reason);
      expect((await index.get("a"))?.chunks[0]?.text).toBe("one");
      expect(await index.rebuild({ chunker: { ...paragraphs, id: "paragraphs@2" } })).toMatchObject({
        generation: 3,
      });
      expect(await faultsOf(storage)).toEqual([]);
    },
  );

  it("rejects whole when one text cannot be embedded, and leaves the live one", async () => {
    const { index } = await createSubject();
    await index.upsert(documents);
    const letters = createLetters("other@1", 16);
    const embed: Embedder["embed"] = async (texts) => {
      if (texts.some((text) => text.startsWith("text 50\n"))) throw new Error("too long");
      return await letters.embed(texts);
    };
    expect(await codeOf(index.rebuild({ embedder: { ...letters, embed } }))).toBe("EMBEDDING_FAILED");
    expect(await index.query("text", { topK: 300 })).toHaveLength(200);
  });

  it("refuses plug-ins that it does not know", async () => {
    const { index } = await createSubject();
    const embedder = { ...createScriptedEmbedder(), specVersion: 2 as never };
    expect(await codeOf(index.rebuild({ embedder }))).toBe("SPEC_VERSION_UNSUPPORTED");
    expect(await codeOf(index.rebuild({ redactor: { ...tinyRedactor, specVersion: 2 as never } }))).toBe(
      "SPEC_VERSION_UNSUPPORTED",
    );
  });
});
