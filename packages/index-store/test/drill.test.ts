import type { Storage, VectorStore } from "@keelson/core";
import { crashPoints, createScriptedEmbedder, type EmbedderStep } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import {
  codeOf,
  createLetters,
  createSubject,
  failureOf,
  faultsOf,
  paragraphs,
  recordsOf,
  type Subject,
  stateOf,
} from "./support.ts";

const documents = Array.from({ length: 40 }, (_, i) => ({
  id: `d${i}`,
  text: `${"abcdefgh".slice(0, 1 + (i % 8))} ${i}\n\nmore ${i}`,
  ...(i % 10 === 0 && { ttlMs: 100 }),
}));

async function createDrilled(): Promise<Subject & { readonly id: string }> {
  const subject = await createSubject({ chunker: paragraphs, leaseMs: 1 });
  await subject.index.upsert(documents);
  const { id } = await subject.index.snapshot();
  subject.clock.setNow(subject.clock.now() + 100);
  return { ...subject, id };
}

/** Stores that lose or change some of what they are asked. */
function withQuery(vectors: VectorStore, change: (text: string | undefined) => boolean): VectorStore {
  return {
    ...vectors,
    open: async (...args) => {
      const collection = await vectors.open(...args);
      return {
        ...collection,
        query: async (vector, options) =>
          (await collection.query(vector, options)).filter(({ text }) => change(text)),
      };
    },
  };
}

describe("drill", () => {
  it("restores into scratch, asks it, remembers that it went well, and leaves nothing behind", async () => {
    const { index, id, storage, embedder, clock } = await createDrilled();
    const state = await stateOf(storage);
    const texts = embedder.texts.length;
    const report = await index.drill(id);
    expect(report).toMatchObject({ snapshotId: id, ok: true, faults: [], documents: 40, leftOut: 0 });
    expect(report.probes).toHaveLength(8);
    expect(report.probes.every(({ ok, expected, found }) => ok && expected === 10 && found === 10)).toBe(
      true,
    );
    expect(report.bytes).toBe((await index.snapshots())[0]?.bytes);
    expect(embedder.texts).toHaveLength(texts);
    expect(await stateOf(storage)).toEqual(state);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@1"]);
    expect(await index.snapshots()).toMatchObject([
      { id, drill: { ok: true, atMs: clock.now(), restoreMs: report.restoreMs } },
    ]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("asks the probes it is given, texts and vectors, by the redactor and embedder of the index", async () => {
    const { index, id, embedder } = await createDrilled();
    const vector = (await embedder.embed(["abc 2"]))[0] as Float32Array;
    const report = await index.drill(id, { probes: ["abcdef 5 PII-1", vector, "  "], topK: 3 });
    expect(report.probes).toEqual([
      { expected: 3, found: 3, ok: true },
      { expected: 3, found: 3, ok: true },
    ]);
    expect(embedder.texts).toContain("abcdef 5 [pii]");
    expect((await index.drill(id, { probes: [] })).probes).toEqual([]);
  });

  it("waits where the embedder is asked too often, as a sync does, while a query is tried once", async () => {
    const script: EmbedderStep[] = [
      "ok",
      { status: 429, retryAfterMs: 2000 },
      { status: 429, retryAfterMs: 2000 },
    ];
    const { index, clock } = await createSubject({ embedder: createScriptedEmbedder({ script }) });
    await index.upsert([{ id: "a", text: "abc" }]);
    const { id } = await index.snapshot();
    expect(await codeOf(index.query("abc"))).toBe("EMBEDDING_FAILED");
    let ended = false;
    const drilling = index.drill(id, { probes: ["abc"] }).finally(() => {
      ended = true;
    });
    drilling.catch(() => undefined);
    while (!ended) await clock.advance(500);
    expect(await drilling).toMatchObject({ ok: true, probes: [{ expected: 1, found: 1, ok: true }] });
  });

  it("needs no embedder of the snapshot's but for probes that are texts", async () => {
    const { id, open } = await createDrilled();
    const other = await open({ embedder: createLetters("other@1", 5) });
    expect(await other.drill(id)).toMatchObject({ ok: true });
    expect(await codeOf(other.drill(id, { probes: ["text"] }))).toBe("EMBEDDER_MISMATCH");
  });

  it("reports what is damaged, and remembers that it went wrong", async () => {
    const { index, id, storage } = await createDrilled();
    const [pack] = await storage.blobs.list("index/docs/pack/");
    await index.drill(id);
    await storage.blobs.delete(pack?.key ?? "");
    expect(await index.drill(id)).toMatchObject({
      ok: false,
      faults: [{ object: pack?.key, reason: "missing" }],
      probes: [],
    });
    expect(await index.snapshots()).toMatchObject([{ drill: { ok: false } }]);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@1"]);
    expect(await codeOf(index.drill("none"))).toBe("SNAPSHOT_NOT_FOUND");
  });

  it("finds that a vector store does not answer as it should", async () => {
    const { id, open, storage } = await createDrilled();
    const index = await open({
      vectors: withQuery(storage.vectors, (text) => text?.startsWith("more") === true),
    });
    const report = await index.drill(id);
    expect(report).toMatchObject({ ok: false, faults: [] });
    expect(report.probes.some(({ found, expected }) => found < expected)).toBe(true);
  });

  it("lets of two drills one wait for the other", async () => {
    const { index, open, id, storage } = await createDrilled();
    const reports = await Promise.all([index.drill(id), (await open()).drill(id), index.drill(id)]);
    expect(reports.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@1"]);
  });

  it("rejects with the signal's reason, and drops the scratch", async () => {
    const { index, id, storage } = await createDrilled();
    const controller = new AbortController();
    const reason = new Error("stop");
    const { get } = storage.blobs;
    storage.blobs.get = async (key, options) => {
      if (key.includes("/pack/")) controller.abort(reason);
      return await get(key, options);
    };
    expect(await failureOf(index.drill(id, { signal: controller.signal }))).toBe(reason);
    expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@1"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves nothing that the next opening does not clear up, wherever it dies", async () => {
    let crashes = 0;
    let subject = await createDrilled();
    const create = async (): Promise<Storage> => {
      subject = await createDrilled();
      return subject.storage;
    };
    for await (const point of crashPoints({ create })) {
      const { id, open, clock, storage } = subject;
      const died = await point.run(async (faulty) => await (await open(faulty)).drill(id));
      if (died) crashes++;
      clock.setNow(clock.now() + 1);
      const reopened = await open();
      expect([...(await recordsOf(storage)).keys()]).toEqual(["docs@1"]);
      expect(await faultsOf(storage)).toEqual([]);
      expect(await reopened.drill(id)).toMatchObject({ ok: true });
    }
    expect(crashes).toBeGreaterThan(10);
  });
});
