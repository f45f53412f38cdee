import { describe, expect, it } from "vitest";
import type { SourceDocument, StaleReason } from "../src/index.ts";
import {
  codeOf,
  createGate,
  createLetters,
  createSubject,
  failureOf,
  paragraphs,
  recordsOf,
  stateOf,
  tinyRedactor,
} from "./support.ts";

const base: SourceDocument = {
  id: "a",
  text: "one\n\ntwo PII-x",
  version: "1",
  metadata: { x: { y: 1 } },
  subjects: ["ann"],
};

describe("isStale", () => {
  it("says no of a document as it was written", async () => {
    const { index } = await createSubject();
    await index.upsert([base]);
    expect(await index.isStale(base)).toBe(false);
    expect(await index.isStale({ ...base, metadata: { x: { y: 1 } }, subjects: ["ann", "ann"] })).toBe(false);
  });

  it("says no when only what is redacted has changed", async () => {
    const { index } = await createSubject();
    await index.upsert([{ id: "a", text: "call PII-Ann", metadata: { who: "PII-Ann" } }]);
    expect(await index.isStale({ id: "a", text: "call PII-Bob", metadata: { who: "PII-Bob" } })).toBe(false);
  });

  it("writes nothing and embeds nothing", async () => {
    const { index, storage, embedder } = await createSubject();
    await index.upsert([base]);
    const before = await stateOf(storage);
    await index.isStale({ ...base, text: "other", version: "2" });
    await index.staleIds([
      { ...base, text: "other", version: "2" },
      { id: "b", text: "new" },
    ]);
    await index.explain("a", { ...base, text: "other", version: "2" });
    expect(await stateOf(storage)).toEqual(before);
    expect(embedder.texts).toHaveLength(1);
  });

  it("refuses what cannot be a document, and an aborted call", async () => {
    const { index } = await createSubject();
    expect(await codeOf(index.isStale({ id: "", text: "" }))).toBe("ID_INVALID");
    expect(await codeOf(index.isStale({ id: "PII-1", text: "" }))).toBe("ID_INVALID");
    const reason = new Error("stop");
    expect(await failureOf(index.isStale(base, { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe("staleIds", () => {
  it("names those that reindex would write, in the order of the source", async () => {
    const { index, clock } = await createSubject();
    const documents: SourceDocument[] = [
      { id: "same", text: "same" },
      { id: "text", text: "old" },
      { id: "metadata", text: "m", metadata: { x: 1 } },
      { id: "version", text: "v", version: "1" },
      { id: "expiry", text: "e", expiresAtMs: clock.now() + 10 },
      { id: "subjects", text: "s", subjects: ["ann"] },
    ];
    await index.upsert(documents);
    const now: SourceDocument[] = [
      { id: "subjects", text: "s", subjects: ["bob"] },
      { id: "new", text: "n" },
      { id: "expiry", text: "e", expiresAtMs: clock.now() + 20 },
      { id: "same", text: "same" },
      { id: "version", text: "v", version: "2" },
      { id: "metadata", text: "m", metadata: { x: 2 } },
      { id: "text", text: "new" },
    ];
    const stale = ["subjects", "new", "expiry", "version", "metadata", "text"];
    expect(await index.staleIds(now)).toEqual(stale);
    const written: string[] = [];
    const { unchanged } = await index.reindex(now, {
      onProgress: ({ documents = [] }) => written.push(...documents.map(({ id }) => id)),
    });
    expect(written).toEqual(stale);
    expect(unchanged).toBe(1);
    expect(await index.staleIds(now)).toEqual([]);
  });

  it("refuses an id that stands twice", async () => {
    const { index } = await createSubject();
    expect(await codeOf(index.staleIds([base, base]))).toBe("ID_DUPLICATE");
  });
});

describe("explain", () => {
  it("gives the reasons one by one", async () => {
    const { index, open, clock } = await createSubject({ chunker: paragraphs });
    await index.upsert([base]);
    const cases: [Partial<SourceDocument>, StaleReason[]][] = [
      [{}, []],
      [{ text: "three", version: "2" }, ["text", "version"]],
      [{ text: "not read", version: "1" }, []],
      [{ metadata: { x: { y: 2 } } }, ["metadata"]],
      [{ version: "2" }, ["version"]],
      [{ ttlMs: 5 }, ["expiry"]],
      [{ expiresAtMs: clock.now() + 1 }, ["expiry"]],
      [{ subjects: [] }, ["subjects"]],
    ];
    for (const [change, reasons] of cases) {
      expect((await index.explain("a", { ...base, ...change })).reasons).toEqual(reasons);
    }
    expect((await index.explain("b", { ...base, id: "b" })).reasons).toEqual(["new"]);
    const other = await open({
      embedder: createLetters("other@1"),
      redactor: { ...tinyRedactor, id: "tiny@2" },
      chunker: { ...paragraphs, id: "paragraphs@2" },
    });
    expect((await other.explain("a", base)).reasons).toEqual(["redactor", "chunker", "embedder"]);
    expect((await other.explain("a")).reasons).toEqual(["redactor", "chunker", "embedder"]);
  });

  it("says what the index knows of a document", async () => {
    const { index, storage, clock } = await createSubject({ chunker: paragraphs });
    await index.upsert([{ ...base, ttlMs: 10 }]);
    const writtenBy = { redactor: "tiny@1", chunker: "paragraphs@1", embedder: "letters@1" };
    expect(await index.explain("a")).toEqual({
      id: "a",
      indexed: true,
      expired: false,
      chunks: 2,
      missingChunks: 0,
      reasons: [],
      writtenBy,
      expiresAtMs: clock.now() + 10,
    });
    const [record] = (await recordsOf(storage)).get("docs@1") ?? [];
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    await collection.delete([record?.id ?? ""]);
    clock.setNow(clock.now() + 10);
    expect(await index.explain("a")).toEqual({
      id: "a",
      indexed: true,
      expired: true,
      chunks: 2,
      missingChunks: 1,
      reasons: ["missing-vectors"],
      writtenBy,
      expiresAtMs: clock.now(),
    });
    expect(await index.explain("b")).toEqual({
      id: "b",
      indexed: false,
      expired: false,
      chunks: 0,
      missingChunks: 0,
      reasons: [],
    });
    expect((await index.explain("a", { ...base, ttlMs: 10 })).reasons).toEqual([
      "expired",
      "expiry",
      "missing-vectors",
    ]);
    expect(await codeOf(index.explain("a", { ...base, id: "b" }))).toBe("ARGUMENT_INVALID");
  });

  it("tells what a sync would do with it", async () => {
    const { index } = await createSubject({ chunker: paragraphs, embedding: { countTokens: () => 2 } });
    await index.upsert([base]);
    const plannedFor = async (document: SourceDocument) =>
      (await index.explain(document.id, document)).planned;
    expect(await plannedFor(base)).toBeNull();
    expect(await plannedFor({ ...base, text: "one\n\nother", version: "2" })).toEqual({
      action: "change",
      chunks: 1,
      tokens: 2,
    });
    expect(await plannedFor({ ...base, metadata: {} })).toEqual({ action: "change", chunks: 0, tokens: 0 });
    expect(await plannedFor({ ...base, id: "b" })).toEqual({ action: "add", chunks: 2, tokens: 4 });
    expect((await index.explain("a")).planned).toBeUndefined();
  });
});

describe("status", () => {
  it("tells what is in the index, what is stale by itself, what expires next and what is under way", async () => {
    const { index, open, clock, storage } = await createSubject({ chunker: paragraphs });
    await index.upsert([base, { id: "b", text: "three", ttlMs: 5 }, { id: "c", text: "four", ttlMs: 50 }]);
    const quiet = {
      documents: 3,
      expired: 0,
      chunks: 4,
      stale: { redactor: 0, chunker: 0, embedder: 0 },
      nextExpiryMs: clock.now() + 5,
      underWay: [],
    };
    expect(await index.status()).toMatchObject(quiet);
    const other = await open({
      embedder: createLetters("other@1"),
      redactor: { ...tinyRedactor, id: "tiny@2" },
      chunker: { ...paragraphs, id: "paragraphs@2" },
    });
    expect((await other.status()).stale).toEqual({ redactor: 3, chunker: 3, embedder: 3 });
    clock.setNow(clock.now() + 5);
    expect(await index.status()).toMatchObject({ expired: 1, nextExpiryMs: clock.now() + 45 });
    const gate = createGate();
    const syncing = index.sync([{ id: "d", text: () => gate.opened.then(() => "five") }], {
      mode: "incremental",
    });
    await clock.advance(0);
    expect((await other.status()).underWay).toEqual(["sync"]);
    expect((await index.status()).underWay).toEqual(["sync"]);
    gate.open();
    await syncing;
    expect((await other.status()).underWay).toEqual([]);
    await storage.state.commit([
      { key: "index/docs/lease/snapshots", value: "somebody" },
      { key: "index/docs/lease/snapshots/until", value: clock.now() + 1 },
    ]);
    expect((await index.status()).underWay).toEqual(["snapshots"]);
  });
});
