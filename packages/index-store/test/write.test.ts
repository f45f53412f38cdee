import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import type { Chunker, Embedder } from "@keelson/core";
import { createScriptedEmbedder } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import type { DocumentSource, SourceDocument } from "../src/index.ts";
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
} from "./support.ts";

async function nextTurns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

const nothing = {
  added: 0,
  changed: 0,
  metadataOnly: 0,
  touched: 0,
  unchanged: 0,
  removed: 0,
  rebuilt: 0,
  failed: 0,
  failures: [],
  embeddedChunks: 0,
  embeddedTokens: expect.any(Number),
  findings: {},
};

function manyDocuments(count: number): SourceDocument[] {
  return Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text of number ${i}` }));
}

describe("upsert", () => {
  it("adds documents and says what redaction replaced", async () => {
    const { index, embedder, storage } = await createSubject();
    const result = await index.upsert([
      { id: "b", text: "call PII-Ann or PII-Bob" },
      { id: "a", text: "nobody", metadata: { by: { name: ["PII-Cid"] } } },
    ]);
    expect(result).toEqual({ ...nothing, added: 2, embeddedChunks: 2, findings: { PII: 3 } });
    expect(embedder.texts).toEqual(["call [pii] or [pii]", "nobody"]);
    expect(await index.get("a")).toMatchObject({
      metadata: { by: { name: ["[pii]"] } },
      findings: { PII: 1 },
    });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("writes nothing for what has not changed", async () => {
    const { index, embedder, storage } = await createSubject();
    const documents = [
      { id: "a", text: "one", metadata: { x: { y: 1, z: 2 } }, version: "1", subjects: ["s", "t"] },
    ];
    await index.upsert(documents);
    const [before, records] = [await stateOf(storage), await recordsOf(storage)];
    const same = [
      { ...documents[0], id: "a", text: "one", metadata: { x: { z: 2, y: 1 } }, subjects: ["t", "s", "s"] },
    ];
    expect(await index.upsert(same)).toEqual({ ...nothing, unchanged: 1 });
    expect(await stateOf(storage)).toEqual(before);
    expect(await recordsOf(storage)).toEqual(records);
    expect(embedder.texts).toHaveLength(1);
  });

  it("embeds only the chunks that changed, and keeps the records of the others", async () => {
    const { index, embedder, storage } = await createSubject({ chunker: paragraphs });
    const paragraphsOf = (n: number): string[] => Array.from({ length: n }, (_, i) => `paragraph ${i}`);
    await index.upsert([{ id: "long", text: paragraphsOf(1000).join("\n\n") }]);
    const before = (await index.get("long"))?.chunks.map(({ id }) => id) ?? [];
    embedder.texts.length = 0;
    const edited = paragraphsOf(1000).with(500, "another paragraph");
    expect(await index.upsert([{ id: "long", text: edited.join("\n\n") }])).toMatchObject({
      changed: 1,
      embeddedChunks: 1,
    });
    expect(embedder.texts).toEqual(["another paragraph"]);
    const document = await index.get("long");
    expect(document?.chunks.map(({ text }) => text)).toEqual(edited);
    expect(document?.chunks.map(({ id }) => id).filter((id) => before.includes(id))).toHaveLength(999);
    expect(document?.chunks[501]?.start).toBe(edited.slice(0, 501).join("\n\n").length + 2);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("embeds nothing when chunks only move, shrink away or repeat", async () => {
    const { index, embedder, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert([{ id: "a", text: "one\n\ntwo\n\nthree" }]);
    embedder.texts.length = 0;
    for (const text of ["three\n\none", "one\n\none\n\none\n\nthree", "", "  \n\n\t"]) {
      await index.upsert([{ id: "a", text }]);
      const chunks = text.split("\n\n").filter((part) => part.trim() !== "");
      expect((await index.get("a"))?.chunks.map((chunk) => chunk.text)).toEqual(chunks);
      expect(await faultsOf(storage)).toEqual([]);
    }
    expect(embedder.texts).toEqual([]);
    expect((await index.status()).documents).toBe(1);
  });

  it("copies vectors when only metadata changes, however deep", async () => {
    const { index, embedder, storage } = await createSubject({ chunker: paragraphs });
    const text = "one\n\ntwo";
    await index.upsert([{ id: "a", text, metadata: { acl: { group: "public" } } }]);
    const [before] = (await recordsOf(storage)).values();
    embedder.texts.length = 0;
    expect(await index.upsert([{ id: "a", text, metadata: { acl: { group: "secret" } } }])).toEqual({
      ...nothing,
      metadataOnly: 1,
    });
    expect(embedder.texts).toEqual([]);
    const [after] = (await recordsOf(storage)).values();
    const vectors = (records = before) => records?.map(({ vector }) => vector.join()).sort();
    expect(vectors(after)).toEqual(vectors(before));
    expect(await index.query("one", { filter: { field: ["acl", "group"], eq: "public" } })).toEqual([]);
    expect(await index.query("one", { filter: { field: ["acl", "group"], eq: "secret" } })).toHaveLength(2);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("does not even read the text while version and pipeline are equal", async () => {
    const { index, open } = await createSubject();
    let reads = 0;
    const document = (version: string): SourceDocument => ({
      id: "a",
      version,
      text: async () => {
        reads++;
        return "one";
      },
    });
    await index.upsert([document("1")]);
    await index.upsert([document("1")]);
    await index.upsert([{ ...document("1"), metadata: { x: 1 } }]);
    expect(reads).toBe(1);
    expect(await index.upsert([{ ...document("2"), metadata: { x: 1 } }])).toMatchObject({
      touched: 1,
      embeddedChunks: 0,
    });
    expect(reads).toBe(2);
    const recut = await open({ chunker: paragraphs });
    expect(await recut.upsert([{ ...document("2"), metadata: { x: 1 } }])).toMatchObject({ touched: 1 });
    expect(reads).toBe(3);
  });

  it("takes texts from functions, and documents from generators and streams", async () => {
    const { index } = await createSubject();
    async function* source() {
      yield { id: "a", text: () => "one" };
      yield { id: "b", text: async () => "two" };
    }
    function* other() {
      yield { id: "c", text: "three" };
    }
    expect((await index.upsert(source())).added).toBe(2);
    expect((await index.upsert(other())).added).toBe(1);
    expect((await index.upsert(new Set([{ id: "d", text: "four" }]))).added).toBe(1);
    expect((await index.upsert([])).added).toBe(0);
  });

  it("reads a stream batch by batch", async () => {
    const { index } = await createSubject();
    let ahead = 0;
    let most = 0;
    async function* source(): AsyncGenerator<SourceDocument> {
      for (const document of manyDocuments(2000)) {
        ahead++;
        most = Math.max(most, ahead);
        yield {
          ...document,
          text: async () => {
            ahead--;
            return String(document.text);
          },
        };
      }
    }
    expect((await index.upsert(source())).added).toBe(2000);
    expect(most).toBeLessThan(600);
  });

  it("commits early when texts are long, so that few are held at once", async () => {
    const { index, storage } = await createSubject();
    let unstored = 0;
    let most = 0;
    const { commit } = storage.state;
    storage.state.commit = async (changes, options) => {
      const result = await commit(changes, options);
      if (changes.some(({ key }) => key.includes("/doc/"))) unstored = 0;
      return result;
    };
    const documents = Array.from({ length: 20 }, (_, i) => ({
      id: `d${i}`,
      text: () => {
        unstored++;
        most = Math.max(most, unstored);
        return `${i}`.repeat(1_000_000);
      },
    }));
    expect((await index.upsert(documents)).added).toBe(20);
    expect(most).toBeLessThanOrEqual(4);
  });

  it("checks a list whole before it writes anything", async () => {
    const { index } = await createSubject();
    const good = manyDocuments(300);
    const bad: [SourceDocument, string][] = [
      [{ id: "d0", text: "again" }, "ID_DUPLICATE"],
      [{ id: "", text: "" }, "ID_INVALID"],
      [{ id: "PII-1", text: "" }, "ID_INVALID"],
      [{ id: "x", text: 1 as never }, "ARGUMENT_INVALID"],
      [{ id: "x", text: "", metadata: { a: Number.NaN } }, "VALUE_INVALID"],
      [{ id: "x", text: "", metadata: [] as never }, "ARGUMENT_INVALID"],
      [{ id: "x", text: "", metadata: { "keelson:document": "y" } }, "VALUE_INVALID"],
      [{ id: "x", text: "", ttlMs: -1 }, "ARGUMENT_INVALID"],
      [{ id: "x", text: "", ttlMs: 1.5 }, "ARGUMENT_INVALID"],
      [{ id: "x", text: "", expiresAtMs: Number.NaN }, "ARGUMENT_INVALID"],
      [{ id: "x", text: "", ttlMs: 1, expiresAtMs: 1 }, "ARGUMENT_INVALID"],
      [{ id: "x", text: "", subjects: "ann" as never }, "ARGUMENT_INVALID"],
      [{ id: "x", text: "", version: 1 as never }, "ARGUMENT_INVALID"],
      [null as never, "ARGUMENT_INVALID"],
    ];
    for (const [document, code] of bad) expect(await codeOf(index.upsert([...good, document]))).toBe(code);
    expect(await codeOf(index.upsert("text" as never))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.remove("text" as never))).toBe("ARGUMENT_INVALID");
    expect((await index.status()).documents).toBe(0);
  });

  it("names the id that stands twice in a stream, and keeps the batches before", async () => {
    const { index, storage } = await createSubject();
    function* source() {
      yield* manyDocuments(300);
      yield { id: "d7", text: "again" };
    }
    expect(await failureOf(index.upsert(source()))).toMatchObject({
      code: "ID_DUPLICATE",
      details: { id: "d7" },
    });
    expect((await index.status()).documents).toBe(256);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("lets a source's own error through, and removes nothing", async () => {
    const { index } = await createSubject();
    await index.upsert(manyDocuments(3));
    const failure = new Error("the source broke");
    function* source() {
      yield { id: "d0", text: "changed" };
      throw failure;
    }
    expect(await failureOf(index.reindex(source()))).toBe(failure);
    expect((await index.status()).documents).toBe(3);
    expect(await failureOf(index.upsert([{ id: "d1", text: () => Promise.reject(failure) }]))).toBe(failure);
  });

  it("splits what it embeds by the embedder's batch size", async () => {
    const embedder = createScriptedEmbedder({ maxBatchSize: 7 });
    const { index } = await createSubject({ embedder });
    await index.upsert(manyDocuments(30));
    expect(embedder.calls.map((texts) => texts.length)).toEqual([7, 7, 7, 7, 2]);
  });

  it("embeds equal texts of a batch once", async () => {
    const { index } = await createSubject();
    const result = await index.upsert([
      { id: "a", text: "same" },
      { id: "b", text: "same" },
    ]);
    expect(result).toMatchObject({ added: 2, embeddedChunks: 1 });
    expect(await index.query("same")).toHaveLength(2);
  });

  it.each<[string, Embedder["embed"]]>([
    ["too few vectors", () => []],
    ["no list", () => ({}) as never],
    ["a plain list", (texts) => texts.map(() => new Array(32).fill(0)) as never],
    ["another dimension", (texts) => texts.map(() => new Float32Array(31))],
    ["NaN", (texts) => texts.map(() => new Float32Array(32).fill(Number.NaN))],
    ["a rejection", (texts) => Promise.reject(new Error(texts.join()))],
    [
      "a throw",
      (texts) => {
        throw new Error(texts.join());
      },
    ],
  ])("stores nothing when the embedder gives %s", async (_, embed) => {
    const { index, storage } = await createSubject({ embedder: { ...createLetters(), embed } });
    const before = await stateOf(storage);
    const error = await failureOf(index.upsert([{ id: "a", text: "secret words" }]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: false });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("secret");
    expect(await stateOf(storage)).toEqual(before);
    expect([...(await recordsOf(storage)).values()].flat()).toEqual([]);
  });

  it("keeps what an embedder says about trying again", async () => {
    const embedder = createScriptedEmbedder({ script: [{ status: 429, retryAfterMs: 1500 }] });
    const { index } = await createSubject({ embedder, embedding: { maxAttempts: 1 } });
    expect(await failureOf(index.upsert([{ id: "a", text: "one" }]))).toMatchObject({
      retryable: true,
      retryAfterMs: 1500,
    });
  });

  it.each<[string, Chunker["chunk"]]>([
    [
      "throws",
      (text) => {
        throw new Error(text);
      },
    ],
    ["gives no chunks", () => [{}] as never],
    ["gives no list", () => "x" as never],
  ])("refuses a document whose chunker %s", async (_, chunk) => {
    const { index } = await createSubject({ chunker: { specVersion: 1, id: "bad", chunk } });
    const error = await failureOf(index.upsert([{ id: "a", text: "secret words" }]));
    expect(error).toMatchObject({ code: "CHUNKING_FAILED", details: { documentId: "a" } });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("secret");
  });

  it("keeps ids of any form apart", async () => {
    const ids = [
      "a/b",
      "a%2Fb",
      "../a",
      "__proto__",
      "é",
      "e\u0301",
      " ",
      "\u0000",
      "g/1/doc/a",
      "x".repeat(1024),
    ];
    const { index, storage } = await createSubject();
    await index.upsert(ids.map((id, i) => ({ id, text: `text ${i}`, ttlMs: 10, subjects: [id] })));
    for (const [i, id] of ids.entries()) expect((await index.get(id))?.chunks[0]?.text).toBe(`text ${i}`);
    expect(await faultsOf(storage)).toEqual([]);
    expect((await index.remove(ids)).removed).toEqual(ids);
    expect((await stateOf(storage)).map(({ key }) => key)).toEqual(["index/docs/head"]);
  });

  it("finishes with half surrogates made whole, as a file would", async () => {
    const { index } = await createSubject();
    await index.upsert([{ id: "a", text: "x\ud800y" }]);
    expect((await index.get("a"))?.chunks[0]?.text).toBe("x\ufffdy");
  });

  it("rejects with the signal's reason before it begins and between batches, and leaves no trace", async () => {
    const { index, storage } = await createSubject();
    const reason = { stop: true };
    expect(await failureOf(index.upsert(manyDocuments(1), { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    const controller = new AbortController();
    function* source() {
      yield* manyDocuments(300);
      controller.abort(reason);
      yield { id: "late", text: "late" };
    }
    expect(await failureOf(index.upsert(source(), { signal: controller.signal }))).toBe(reason);
    expect((await index.status()).documents).toBe(256);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("holds on to no signal of the caller once a stream has failed", async () => {
    const { index } = await createSubject();
    const { signal } = new AbortController();
    const failing = async function* (): AsyncGenerator<SourceDocument> {
      yield { id: "a", text: "a" };
      throw new Error("cut off");
    };
    const broken = { [Symbol.asyncIterator]: () => ({ next: async () => undefined }) };
    expect(await failureOf(index.upsert(failing(), { signal }))).toMatchObject({ message: "cut off" });
    expect(await failureOf(index.upsert(broken as never, { signal }))).toBeInstanceOf(TypeError);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it.each<[string, (never: Promise<never>) => DocumentSource]>([
    [
      "a source that has nothing more to say, and does not end",
      async function* (never) {
        yield { id: "a", text: "one" };
        yield await never;
      },
    ],
    ["a text that never comes", (never) => [{ id: "a", text: () => never }]],
    ["an embedder that never answers", () => [{ id: "a", text: "hang" }]],
    ["a redactor that never answers", () => [{ id: "a", text: "stuck" }]],
    ["a redactor that never answers for metadata", () => [{ id: "a", text: "a", metadata: { a: "stuck" } }]],
    ["a redactor that never answers for an id", () => [{ id: "stuck", text: "a" }]],
    ["a chunker that never answers", () => [{ id: "a", text: "endless" }]],
  ])("does not wait for %s once it is aborted", async (_, sourceOf) => {
    const never = new Promise<never>(() => {});
    const letters = createLetters();
    const { index, storage } = await createSubject({
      embedder: { ...letters, embed: (texts) => (texts.includes("hang") ? never : letters.embed(texts)) },
      redactor: {
        ...tinyRedactor,
        redact: (text) => (text === "stuck" ? never : tinyRedactor.redact(text)),
      },
      chunker: { ...paragraphs, chunk: (text) => (text === "endless" ? never : paragraphs.chunk(text)) },
    });
    const controller = new AbortController();
    const reason = new Error("enough");
    const syncing = index.sync(sourceOf(never), { mode: "full", signal: controller.signal });
    await Promise.race([syncing, nextTurns(20)]);
    controller.abort(reason);
    expect(await failureOf(syncing)).toBe(reason);
    expect(await faultsOf(storage)).toEqual([]);
    // The lease is free again.
    expect(await index.sync([{ id: "b", text: "two" }], { mode: "incremental" })).toMatchObject({ added: 1 });
  });

  it("tells a source that it has been given up", async () => {
    const { index } = await createSubject();
    const controller = new AbortController();
    let ended = false;
    const source: AsyncIterable<SourceDocument> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          ended = true;
          throw new Error("nobody hears this");
        },
      }),
    };
    const upserting = index.upsert(source, { signal: controller.signal });
    await nextTurns(5);
    controller.abort("enough");
    expect(await failureOf(upserting)).toBe("enough");
    expect(ended).toBe(true);
  });

  it("rejects with the signal's reason from within the embedder, and stores nothing", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const embedder: Embedder = {
      ...createLetters(),
      embed: () => {
        controller.abort(reason);
        return Promise.reject(reason);
      },
    };
    const { index, storage } = await createSubject({ embedder });
    expect(await failureOf(index.upsert(manyDocuments(1), { signal: controller.signal }))).toBe(reason);
    expect(await faultsOf(storage)).toEqual([]);
    expect((await index.status()).documents).toBe(0);
  });
});

describe("reindex", () => {
  it("writes what is stale, nothing else, and leaves what the source does not name", async () => {
    const { index, embedder } = await createSubject();
    await index.upsert(manyDocuments(1000));
    embedder.texts.length = 0;
    const source = manyDocuments(990).map((document, i) =>
      i % 100 === 7 ? { ...document, text: `changed ${i}` } : document,
    );
    const result = await index.reindex([...source, { id: "new", text: "new" }]);
    expect(result.added).toBe(1);
    expect(result.changed).toBe(10);
    expect(result.unchanged).toBe(980);
    expect(result.embeddedChunks).toBe(11);
    expect(embedder.texts).toHaveLength(11);
    expect((await index.status()).documents).toBe(1001);
  });

  it("shows old or new at every moment, all the while", async () => {
    const { index, storage } = await createSubject({ chunker: paragraphs });
    const text = (n: number): string =>
      Array.from({ length: 50 }, (_, i) => `${i} version ${n}`).join("\n\n");
    await index.upsert([{ id: "a", text: text(1) }]);
    const seen = new Set<string>();
    const { commit } = storage.state;
    const { open } = storage.vectors;
    const look = async (): Promise<void> => {
      const matches = await index.query("version", { topK: 100 });
      seen.add([matches.length, ...new Set(matches.map((match) => match.text.split(" ")[2]))].join());
    };
    storage.state.commit = async (...args) => {
      await look();
      const result = await commit(...args);
      await look();
      return result;
    };
    storage.vectors.open = async (...args) => {
      const collection = await open(...args);
      return {
        ...collection,
        upsert: async (...more) => {
          await collection.upsert(...more);
          await look();
        },
      };
    };
    await index.reindex([{ id: "a", text: text(2) }]);
    await look();
    expect(seen).toEqual(new Set(["50,1", "50,2"]));
  });

  it("embeds again what the vector store has lost, when told to look", async () => {
    const { index, storage, embedder } = await createSubject({ chunker: paragraphs });
    const documents = [
      { id: "a", text: "one\n\ntwo", version: "1" },
      { id: "b", text: "three", metadata: { x: 1 } },
    ];
    await index.upsert(documents);
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    await collection.delete((await recordsOf(storage)).get("docs@1")?.map(({ id }) => id) ?? []);
    embedder.texts.length = 0;
    expect(await index.reindex(documents)).toMatchObject({ unchanged: 2 });
    expect(await index.isStale(documents[0] as SourceDocument, { checkVectors: true })).toBe(true);
    expect(await index.staleIds(documents, { checkVectors: true })).toEqual(["a", "b"]);
    expect(await index.reindex(documents, { checkVectors: true })).toMatchObject({
      changed: 2,
      embeddedChunks: 3,
    });
    expect(embedder.texts.sort()).toEqual(["one", "three", "two"]);
    expect(await index.query("one")).toHaveLength(3);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("embeds lost chunks again where a change of metadata would have copied them", async () => {
    const { index, storage } = await createSubject();
    await index.upsert([{ id: "a", text: "one", version: "1" }]);
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    await collection.delete((await recordsOf(storage)).get("docs@1")?.map(({ id }) => id) ?? []);
    const result = await index.reindex([{ id: "a", text: "one", version: "1", metadata: { x: 1 } }]);
    expect(result).toMatchObject({ metadataOnly: 1, embeddedChunks: 1 });
    expect(await index.query("one")).toHaveLength(1);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("writes only the ledger when another redactor changes nothing", async () => {
    const { index, open, embedder } = await createSubject();
    const documents = [
      { id: "a", text: "one" },
      { id: "b", text: "two PII-x" },
    ];
    await index.upsert(documents);
    embedder.texts.length = 0;
    const newer = await open({
      redactor: {
        specVersion: 1,
        id: "newer@1",
        redact: (text) => ({ text: text.replace(/PII-\w+/, "[gone]"), findings: [] }),
      },
    });
    expect(await newer.staleIds(documents)).toEqual(["a", "b"]);
    expect(await newer.reindex(documents)).toMatchObject({
      touched: 1,
      changed: 1,
      embeddedChunks: 1,
    });
    expect(await newer.staleIds(documents)).toEqual([]);
    expect(await contentOf(newer, ["b"])).toMatchObject({ b: { text: ["two [gone]"] } });
  });

  it("cuts anew when the chunker changes, and embeds what that makes new", async () => {
    const { index, open, embedder } = await createSubject();
    const documents = [
      { id: "a", text: "one" },
      { id: "b", text: "two\n\nthree" },
    ];
    await index.upsert(documents);
    embedder.texts.length = 0;
    const cutting = await open({ chunker: paragraphs });
    expect(await cutting.reindex(documents)).toMatchObject({
      touched: 1,
      changed: 1,
      embeddedChunks: 2,
    });
    expect(embedder.texts).toEqual(["two", "three"]);
  });
});

describe("remove", () => {
  it("hides and deletes documents, and says which there were not", async () => {
    const { index, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert([
      { id: "a", text: "one\n\ntwo", ttlMs: 5, subjects: ["s"] },
      { id: "b", text: "three" },
    ]);
    expect(await index.remove(["x", "a"])).toEqual({ removed: ["a"], missing: ["x"], chunks: 2 });
    expect(await index.get("a")).toBeUndefined();
    expect((await index.query("one")).map(({ id }) => id)).toEqual(["b"]);
    expect(await faultsOf(storage)).toEqual([]);
    expect((await stateOf(storage)).map(({ key }) => key)).toEqual([
      "index/docs/g/1/doc/b",
      "index/docs/head",
    ]);
  });

  it("refuses bad ids before it removes any", async () => {
    const { index } = await createSubject();
    await index.upsert(manyDocuments(2));
    expect(await codeOf(index.remove(["d0", "d0"]))).toBe("ID_DUPLICATE");
    expect(await codeOf(index.remove(["d0", ""]))).toBe("ID_INVALID");
    expect((await index.status()).documents).toBe(2);
  });

  it("removes thousands in batches", async () => {
    const { index, storage } = await createSubject();
    const documents = manyDocuments(1000);
    await index.upsert(documents);
    expect((await index.remove(documents.map(({ id }) => id))).chunks).toBe(1000);
    expect((await stateOf(storage)).map(({ key }) => key)).toEqual(["index/docs/head"]);
  });
});
