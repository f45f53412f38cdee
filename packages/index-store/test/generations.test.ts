import type { Embedder } from "@keelson/core";
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
} from "./support.ts";

const documents: SourceDocument[] = Array.from({ length: 200 }, (_, i) => ({
  id: `d${i}`,
  text: `text ${i}\n\nmore of ${i}`,
  metadata: { i },
  ...(i % 10 === 0 && { ttlMs: 1_000_000, subjects: ["ann"] }),
}));
const ids = documents.map(({ id }) => id);

describe("an index opened with another embedder", () => {
  it("refuses to mix: neither query nor upsert, and calls everything stale", async () => {
    const { index, open } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    const other = await open({ embedder: createLetters("other@1", 16) });
    expect(await failureOf(other.query("text"))).toMatchObject({
      code: "EMBEDDER_MISMATCH",
      details: { index: "docs", expected: "letters@1", actual: "other@1" },
    });
    expect(await codeOf(other.query(new Float32Array(16)))).toBe("EMBEDDER_MISMATCH");
    expect(await codeOf(other.upsert(documents))).toBe("EMBEDDER_MISMATCH");
    expect(await other.staleIds(documents.slice(0, 4))).toEqual(["d0", "d1", "d2", "d3"]);
    expect(await other.get("d0")).toBeDefined();
    expect((await other.status()).embedder).toBe("letters@1");
    expect(await other.remove(["d2"])).toMatchObject({ removed: ["d2"] });
  });

  it("takes over an empty index at once", async () => {
    const { open } = await createSubject();
    const other = await open({ embedder: createLetters("other@1", 16) });
    expect(await other.upsert(documents.slice(0, 2))).toMatchObject({ added: 2 });
    expect(await other.status()).toMatchObject({ embedder: "other@1", dimension: 16, generation: 2 });
  });

  it("is moved whole by reindex, with what the source does not name, from the stored text", async () => {
    const { index, open, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert(documents);
    const before = await contentOf(index, ids);
    const embedder = createLetters("other@1", 16);
    const other = await open({ embedder });
    const changed = { ...documents[0], id: "d0", text: "changed" };
    const result = await other.reindex([changed, ...documents.slice(1, 50), { id: "new", text: "new" }]);
    expect(result.added).toBe(1);
    expect(result).toMatchObject({ rebuilt: 200, changed: 1, unchanged: 49 });
    expect(result.embeddedChunks).toBe(402);
    expect(embedder.texts).toHaveLength(402);
    const { d0: _, ...rest } = await contentOf(other, ids);
    const { d0: __, ...old } = before;
    expect(rest).toEqual(old);
    expect(await other.query("text", { topK: 500 })).toHaveLength(400);
    expect(await codeOf(index.query("text"))).toBe("EMBEDDER_MISMATCH");
    expect(await faultsOf(storage)).toEqual([]);
    expect(await other.staleIds([changed, ...documents.slice(1)])).toEqual([]);
  });

  it("lets others query and write the old one meanwhile, and loses nothing of that", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents);
    const letters = createLetters("other@1", 16);
    let step = 0;
    const failures: unknown[] = [];
    const embedder: Embedder = {
      ...letters,
      embed: async (texts) => {
        step++;
        if (step <= 4) {
          const found = await index.query("text", { topK: 300 });
          if (found.length < 199) failures.push(found.length);
          await index.upsert([
            { id: "d5", text: `written during step ${step}` },
            { id: `extra${step}`, text: "extra" },
          ]);
          await index.remove([`d${step + 100}`]);
        }
        return letters.embed(texts);
      },
    };
    const other = await open({ embedder });
    await other.reindex([]);
    expect(failures).toEqual([]);
    expect(await other.status()).toMatchObject({ documents: 200, embedder: "other@1" });
    expect((await other.get("d5"))?.chunks[0]?.text).toBe("written during step 4");
    expect(await other.get("extra3")).toBeDefined();
    expect(await other.get("d103")).toBeUndefined();
    expect(await faultsOf(storage)).toEqual([]);
    expect(await codeOf(index.upsert([{ id: "d5", text: "too late" }]))).toBe("EMBEDDER_MISMATCH");
  });

  it("keeps what was embedded when the move fails midway, over a new opening too", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents);
    const letters = createLetters("other@1", 16);
    let left = 2;
    const flaky: Embedder = {
      ...letters,
      embed: (texts) => (left-- > 0 ? letters.embed(texts) : Promise.reject(new Error("quota"))),
    };
    const other = await open({ embedder: flaky });
    expect(await codeOf(other.reindex(documents))).toBe("EMBEDDING_FAILED");
    expect(letters.texts).toHaveLength(128);
    expect(await index.query("text", { topK: 300 })).toHaveLength(200);
    const again = await open({ embedder: letters });
    expect((await again.reindex(documents)).embeddedChunks).toBe(72);
    expect(letters.texts).toHaveLength(200);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@1", "docs@2"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("gives up a half-built generation of a third embedder", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents);
    const script = Array.from({ length: 100 }, () => ({ error: new Error("down") }));
    const broken = await open({ embedder: createScriptedEmbedder({ id: "third@1", script }) });
    expect(await codeOf(broken.reindex([]))).toBe("EMBEDDING_FAILED");
    const other = await open({ embedder: createLetters("other@1", 16) });
    await other.reindex([]);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@1", "docs@3"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("reads again from the source what the vector store has lost before the move", async () => {
    const { index, open, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert(documents.map((document) => ({ ...document, version: "1" })));
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    await collection.delete([(await index.get("d3"))?.chunks[1]?.id ?? ""]);
    const other = await open({ embedder: createLetters("other@1", 16) });
    await other.reindex(documents.map((document) => ({ ...document, version: "1" })));
    expect((await other.get("d3"))?.chunks.map(({ text }) => text)).toEqual(["text 3", "more of 3"]);
    expect(await faultsOf(storage)).toEqual(["1 lost in docs@1"]);
  });
});

describe("createIndex", () => {
  it("refuses another metric, a dimension that moved under an id, and what the store cannot measure", async () => {
    const { open, storage } = await createSubject({ metric: "dot" });
    expect((await (await open({ metric: undefined })).status()).metric).toBe("dot");
    expect(await codeOf(open({ metric: "cosine" }))).toBe("COLLECTION_MISMATCH");
    expect(await codeOf(open({ embedder: createLetters("letters@1", 31) }))).toBe("COLLECTION_MISMATCH");
    const vectors = {
      ...storage.vectors,
      capabilities: { ...storage.vectors.capabilities, metrics: ["dot" as const] },
    };
    expect(await codeOf(open({ name: "new", vectors, metric: "euclidean" }))).toBe("CAPABILITY_UNSUPPORTED");
  });

  it("refuses names, plug-ins and formats that it does not know", async () => {
    const { open, storage } = await createSubject();
    for (const name of ["", "x".repeat(201), "\ud800", 5 as never])
      expect(await codeOf(open({ name }))).toBe("KEY_INVALID");
    expect(await codeOf(open({ embedder: { ...createLetters(), specVersion: 2 as never } }))).toBe(
      "SPEC_VERSION_UNSUPPORTED",
    );
    expect(await codeOf(open({ vectors: undefined as never }))).toBe("ARGUMENT_INVALID");
    const reason = new Error("stop");
    expect(await failureOf(open({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    await storage.state.commit([{ key: "index/docs/head", value: { format: 2 } }]);
    expect(await codeOf(open())).toBe("STORE_FORMAT_UNSUPPORTED");
  });

  it("drops collections of its own that no generation has, and no others", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    const { id } = await index.snapshot();
    for (let i = 0; i < 2; i++) await index.restore(id);
    const others = ["docs", "docs@", "docs@1@1", "docs@4", "docs@x", "other@1"];
    for (const name of ["docs@1", ...others])
      await storage.vectors.open(name, { dimension: 2, metric: "dot" });
    await open();
    expect([...(await recordsOf(storage)).keys()]).toEqual([...others, "docs@2", "docs@3"].sort());
    expect(await faultsOf(storage)).toEqual(["collection docs@4"]);
  });

  it("makes one index when two open it at once", async () => {
    const { open } = await createSubject();
    const [a, b] = await Promise.all([open({ name: "both" }), open({ name: "both" })]);
    await a.upsert([{ id: "a", text: "aa" }]);
    expect(await b.get("a")).toBeDefined();
  });

  it("refuses every call once it is closed, after those under way have ended", async () => {
    const { index } = await createSubject();
    const writing = index.upsert([{ id: "a", text: "aa" }]);
    await index.close();
    expect((await writing).added).toBe(1);
    await index.close();
    const { name: _, close: __, control: ___, ...calls } = index;
    for (const [name, call] of Object.entries(calls)) {
      expect(await codeOf((call as (x: unknown) => Promise<unknown>)([])), name).toBe("STORE_CLOSED");
    }
  });
});
