import type { Embedder, Storage } from "@keelson/core";
import { createScriptedEmbedder } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import type { Index, SourceDocument } from "../src/index.ts";
import { codeOf, createLetters, createSubject, faultsOf, paragraphs, recordsOf } from "./support.ts";

/*
 * Faults of tools that people use today, each measured on one of them: P1 to P8 on LangChain.js `index()`, L1 on the
 * ingestion pipeline of LlamaIndex.TS, B5 on both. Here they are acceptance tests.
 */

const documentsOf = (count: number, more: Partial<SourceDocument> = {}): SourceDocument[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text of ${i}`, ...more }));

const paragraphsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `paragraph ${i}`);

/** Runs work, and tells how few chunks were visible at any moment of it: before and after each write of the storage. */
async function fewestVisible(
  { storage, index }: { readonly storage: Storage; readonly index: Index },
  work: () => Promise<unknown>,
): Promise<number> {
  const { commit } = storage.state;
  const anything = new Float32Array(32).fill(1);
  let fewest = Number.POSITIVE_INFINITY;
  const look = async (): Promise<void> => {
    fewest = Math.min(fewest, (await index.query(anything, { topK: 2000 })).length);
  };
  storage.state.commit = async (...args) => {
    await look();
    const result = await commit(...args);
    await look();
    return result;
  };
  await work();
  await look();
  storage.state.commit = commit;
  return fewest;
}

async function emptyStore(storage: Storage): Promise<void> {
  const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
  await collection.delete((await recordsOf(storage)).get("docs@1")?.map(({ id }) => id) ?? []);
}

describe("the probes", () => {
  it("P1: a document of 1,000 unchanged chunks embeds nothing again, and all are visible all the while", async () => {
    const subject = await createSubject({ chunker: paragraphs, embedding: { batchSize: 100 } });
    const { index, embedder } = subject;
    const source = [{ id: "long", text: paragraphsOf(1000).join("\n\n") }];
    await index.sync(source, { mode: "incremental" });
    embedder.texts.length = 0;
    expect(await fewestVisible(subject, () => index.sync(source, { mode: "incremental" }))).toBe(1000);
    expect(embedder.texts).toEqual([]);
  });

  it("P2: nested metadata that changed is changed, and embeds nothing", async () => {
    const { index, embedder } = await createSubject();
    await index.sync(documentsOf(10, { metadata: { acl: { group: "public" } } }), { mode: "full" });
    embedder.texts.length = 0;
    const closed = documentsOf(10, { metadata: { acl: { group: "secret" } } });
    expect(await index.sync(closed, { mode: "full" })).toMatchObject({ metadataOnly: 10, embeddedChunks: 0 });
    expect(embedder.texts).toEqual([]);
    expect(await index.query("text", { filter: { field: ["acl", "group"], eq: "public" } })).toEqual([]);
    expect((await index.get("d3"))?.metadata).toEqual({ acl: { group: "secret" } });
  });

  it("P3: a new modification time of 1,000 documents embeds nothing", async () => {
    const { index, embedder } = await createSubject();
    await index.sync(documentsOf(1000, { metadata: { mtime: 1 } }), { mode: "full" });
    embedder.texts.length = 0;
    expect(await index.sync(documentsOf(1000, { metadata: { mtime: 2 } }), { mode: "full" })).toMatchObject({
      metadataOnly: 1000,
      removed: 0,
    });
    expect(embedder.texts).toEqual([]);
  });

  it("P4: one 429 in the second batch of three is waited out, and all 300 are stored", async () => {
    const embedder = createScriptedEmbedder({
      maxBatchSize: 100,
      script: ["ok", { status: 429, retryAfterMs: 2000 }],
    });
    const { index, clock } = await createSubject({ embedder, embedding: { concurrency: 1 } });
    const syncing = index.sync(documentsOf(300), { mode: "full" });
    await clock.advance(2000);
    expect(await syncing).toMatchObject({ added: 300, failed: 0 });
  });

  it("P5: a loader that returns nothing deletes nothing, unless it is asked to", async () => {
    const { index } = await createSubject();
    await index.sync(documentsOf(500), { mode: "full" });
    expect(await codeOf(index.sync([], { mode: "full" }))).toBe("DELETIONS_REFUSED");
    expect((await index.status()).documents).toBe(500);
    expect(await index.sync([], { mode: "full", maxDeleteRatio: 1 })).toMatchObject({ removed: 500 });
  });

  it("P6: a store emptied behind the ledger's back is noticed and filled again", async () => {
    const { index, storage } = await createSubject();
    await index.sync(documentsOf(500), { mode: "full" });
    await emptyStore(storage);
    expect(await index.plan(documentsOf(500), { mode: "full", checkVectors: true })).toMatchObject({
      change: 500,
    });
    expect(await index.sync(documentsOf(500), { mode: "full", checkVectors: true })).toMatchObject({
      changed: 500,
      embeddedChunks: 500,
    });
    expect(await faultsOf(storage)).toEqual([]);
    expect(await index.query("text", { topK: 1000 })).toHaveLength(500);
  });

  it("P7: another embedding model makes everything stale, and takes over in one step", async () => {
    const { index, open } = await createSubject();
    await index.sync(documentsOf(500), { mode: "full" });
    const model = createLetters("other@1", 16);
    const other = await open({ embedder: model });
    expect(await other.staleIds(documentsOf(500))).toHaveLength(500);
    expect(await other.sync(documentsOf(500), { mode: "full" })).toMatchObject({ rebuilt: 500 });
    expect(model.texts).toHaveLength(500);
    expect(await other.staleIds(documentsOf(500))).toEqual([]);
    expect((await other.generations()).map(({ state }) => state)).toEqual(["previous", "live"]);
  });

  it("P8: two runs at once embed 500 new documents once", async () => {
    const { index, open, embedder } = await createSubject();
    const other = await open();
    await Promise.all([index, other].map((each) => each.sync(documentsOf(500), { mode: "full" })));
    expect(embedder.texts).toHaveLength(500);
    expect((await index.status()).documents).toBe(500);
  });

  it("L1: an embedder that fails once is asked again by the next run", async () => {
    const letters = createLetters();
    let fails = true;
    const embedder: Embedder = {
      ...letters,
      embed: (texts) => (fails ? Promise.reject(new Error("down")) : letters.embed(texts)),
    };
    const { index } = await createSubject({ embedder });
    expect(await codeOf(index.sync(documentsOf(100), { mode: "full" }))).toBe("EMBEDDING_FAILED");
    fails = false;
    expect(await index.sync(documentsOf(100), { mode: "full" })).toMatchObject({
      added: 100,
      embeddedChunks: 100,
    });
    expect(await index.query("text", { topK: 200 })).toHaveLength(100);
  });

  it("B5: one paragraph edited of 1,000 embeds one, and 1,000 are visible all the while", async () => {
    const subject = await createSubject({ chunker: paragraphs });
    const { index, embedder, storage } = subject;
    await index.sync([{ id: "long", text: paragraphsOf(1000).join("\n\n") }], { mode: "full" });
    embedder.texts.length = 0;
    const edited = [{ id: "long", text: paragraphsOf(1000).with(500, "paragraph edited").join("\n\n") }];
    expect(await fewestVisible(subject, () => index.sync(edited, { mode: "full" }))).toBe(1000);
    expect(embedder.texts).toEqual(["paragraph edited"]);
    expect(await faultsOf(storage)).toEqual([]);
  });
});
