import { describe, expect, it } from "vitest";
import type { IndexProgress } from "../src/index.ts";
import { codeOf, createSubject, failureOf, faultsOf, recordsOf, stateOf } from "./support.ts";

describe("expiry", () => {
  it("hides a document from the very instant on, swept or not", async () => {
    const { index, clock } = await createSubject();
    const expiresAtMs = clock.now() + 100;
    await index.upsert([
      { id: "a", text: "aa", expiresAtMs },
      { id: "b", text: "bb", ttlMs: 100 },
      { id: "c", text: "cc" },
    ]);
    expect((await index.get("b"))?.expiresAtMs).toBe(expiresAtMs);
    clock.setNow(expiresAtMs - 1);
    expect(await index.query("aa")).toHaveLength(3);
    clock.setNow(expiresAtMs);
    expect((await index.query("aa")).map(({ id }) => id)).toEqual(["c"]);
    expect(await index.get("a")).toBeUndefined();
    expect(await index.status()).toMatchObject({ documents: 3, expired: 2 });
    expect(await index.sweepExpired()).toEqual({ removed: ["a", "b"], chunks: 2 });
    expect(await index.status()).toMatchObject({ documents: 1, expired: 0, chunks: 1 });
    expect(await index.sweepExpired()).toEqual({ removed: [], chunks: 0 });
  });

  it("hides again when the clock goes back and comes back", async () => {
    const { index, clock } = await createSubject();
    await index.upsert([{ id: "a", text: "aa", ttlMs: 100 }]);
    const start = clock.now();
    clock.setNow(start + 100);
    expect(await index.get("a")).toBeUndefined();
    clock.setNow(start);
    expect(await index.get("a")).toBeDefined();
  });

  it("sweeps at the cost of what expires, not of what there is", async () => {
    const { index, clock, storage } = await createSubject();
    await index.upsert(
      Array.from({ length: 3000 }, (_, i) => ({ id: `d${i}`, text: `${i}`, ttlMs: i < 10 ? 5 : 5000 })),
    );
    clock.setNow(clock.now() + 5);
    const read: string[] = [];
    const { get, scan } = storage.state;
    storage.state.get = async (keys, options) => {
      read.push(...keys);
      return await get(keys, options);
    };
    storage.state.scan = async (options) => {
      const page = await scan(options);
      read.push(...page.map(({ key }) => key));
      return page;
    };
    const { removed } = await index.sweepExpired();
    expect(removed).toHaveLength(10);
    // One page of the expiry index, and the entries of what expired.
    expect(read.length).toBeLessThan(256 + 40);
    expect(read.filter((key) => key.includes("/doc/"))).toHaveLength(10);
  });

  it("sweeps thousands in batches, in order of their time, and leaves no trace", async () => {
    const { index, clock, storage } = await createSubject();
    const documents = Array.from({ length: 1000 }, (_, i) => ({
      id: `d${i}`,
      text: `${i}`,
      ttlMs: 1000 - i,
    }));
    await index.upsert(documents);
    clock.setNow(clock.now() + 1000);
    expect((await index.sweepExpired()).removed).toEqual(documents.map(({ id }) => id).reverse());
    expect((await stateOf(storage)).map(({ key }) => key)).toEqual(["index/docs/head"]);
    expect([...(await recordsOf(storage)).values()].flat()).toEqual([]);
  });

  it("sweeps the generation kept for a roll-back too", async () => {
    const { index, clock, storage } = await createSubject();
    await index.upsert([{ id: "a", text: "private words", ttlMs: 10 }]);
    const { id } = await index.snapshot();
    await index.restore(id);
    clock.setNow(clock.now() + 10);
    expect((await index.sweepExpired()).removed).toEqual(["a"]);
    expect([...(await recordsOf(storage)).values()].flat()).toEqual([]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("embeds nothing when only the expiry changes", async () => {
    const { index, clock, embedder, storage } = await createSubject();
    const now = clock.now();
    await index.upsert([{ id: "a", text: "aa", expiresAtMs: now + 10 }]);
    for (const expiry of [{ expiresAtMs: now + 20 }, { ttlMs: 30 }, { ttlMs: 40 }, {}, { ttlMs: 5 }]) {
      expect(await index.reindex([{ id: "a", text: "aa", ...expiry }])).toMatchObject({
        touched: 1,
        embeddedChunks: 0,
      });
      expect(await faultsOf(storage)).toEqual([]);
    }
    expect(embedder.texts).toHaveLength(1);
    expect((await index.get("a"))?.expiresAtMs).toBe(now + 5);
  });

  it("lets a time to live run on in a reindex that changes nothing, and starts it anew in an upsert", async () => {
    const { index, clock } = await createSubject();
    const start = clock.now();
    const document = { id: "a", text: "aa", ttlMs: 100 };
    await index.upsert([document]);
    clock.setNow(start + 60);
    expect(await index.isStale(document)).toBe(false);
    expect(await index.reindex([document])).toMatchObject({ unchanged: 1 });
    expect((await index.get("a"))?.expiresAtMs).toBe(start + 100);
    expect(await index.reindex([{ ...document, text: "bb" }])).toMatchObject({ changed: 1 });
    expect((await index.get("a"))?.expiresAtMs).toBe(start + 160);
    clock.setNow(start + 90);
    expect(await index.upsert([{ ...document, text: "bb" }])).toMatchObject({ touched: 1 });
    expect((await index.get("a"))?.expiresAtMs).toBe(start + 190);
  });

  it("brings an expired document back when its source gives it time, without embedding it again", async () => {
    const { index, clock, embedder } = await createSubject();
    await index.upsert([{ id: "a", text: "aa", ttlMs: 100 }]);
    clock.setNow(clock.now() + 100);
    expect(await index.staleIds([{ id: "a", text: "aa", ttlMs: 100 }])).toEqual(["a"]);
    expect(await index.reindex([{ id: "a", text: "aa", ttlMs: 100 }])).toMatchObject({
      added: 1,
      embeddedChunks: 0,
    });
    expect(await index.get("a")).toBeDefined();
    expect(embedder.texts).toHaveLength(1);
    clock.setNow(clock.now() + 100);
    expect(await index.reindex([{ id: "a", text: "aa", expiresAtMs: clock.now() }])).toMatchObject({
      touched: 1,
    });
    expect(await index.get("a")).toBeUndefined();
  });

  it("never lets a far time to live overflow", async () => {
    const { index } = await createSubject();
    await index.upsert([{ id: "a", text: "aa", ttlMs: Number.MAX_SAFE_INTEGER }]);
    expect((await index.get("a"))?.expiresAtMs).toBe(Number.MAX_SAFE_INTEGER);
    expect(await index.sweepExpired()).toMatchObject({ removed: [] });
  });

  it("rejects a sweep with the signal's reason", async () => {
    const { index } = await createSubject();
    const reason = new Error("stop");
    expect(await failureOf(index.sweepExpired({ signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});

describe("touch", () => {
  it("extends, shortens and ends a time to live without reading a text or embedding one", async () => {
    const { index, clock, embedder, storage } = await createSubject();
    const start = clock.now();
    await index.upsert([
      { id: "a", text: "aa", ttlMs: 100 },
      { id: "b", text: "bb" },
    ]);
    expect(await index.touch(["b", "none", "a"], { ttlMs: 500 })).toEqual({
      touched: ["b", "a"],
      missing: ["none"],
    });
    clock.setNow(start + 499);
    expect(await index.query("aa")).toHaveLength(2);
    await index.touch(["a"], { expiresAtMs: null });
    clock.setNow(start + 500);
    expect((await index.query("aa")).map(({ id }) => id)).toEqual(["a"]);
    await index.touch(["a"], { expiresAtMs: start + 500 });
    expect(await index.get("a")).toBeUndefined();
    expect((await index.sweepExpired()).removed).toEqual(["a", "b"]);
    expect(embedder.texts).toEqual(["aa", "bb", "aa", "aa"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("does not bring back what has expired", async () => {
    const { index, clock } = await createSubject();
    await index.upsert([{ id: "a", text: "aa", ttlMs: 100 }]);
    clock.setNow(clock.now() + 100);
    expect(await index.touch(["a"], { ttlMs: 100 })).toEqual({ touched: [], missing: ["a"] });
    expect((await index.sweepExpired()).removed).toEqual(["a"]);
  });

  it("is left alone by a reindex whose source gives the same ttlMs", async () => {
    const { index, clock } = await createSubject();
    const start = clock.now();
    const document = { id: "a", text: "aa", ttlMs: 100 };
    await index.upsert([document]);
    await index.touch(["a"], { ttlMs: 900 });
    expect(await index.reindex([document])).toMatchObject({ unchanged: 1 });
    expect((await index.get("a"))?.expiresAtMs).toBe(start + 900);
    expect(await index.reindex([{ id: "a", text: "aa" }])).toMatchObject({ touched: 1 });
    expect((await index.get("a"))?.expiresAtMs).toBeUndefined();
  });

  it("is left alone too where it took the end away", async () => {
    const { index, clock } = await createSubject();
    const document = { id: "a", text: "aa", ttlMs: 100 };
    await index.upsert([document]);
    await index.touch(["a"], { expiresAtMs: null });
    expect(await index.isStale(document)).toBe(false);
    expect(await index.reindex([document])).toMatchObject({ unchanged: 1 });
    clock.setNow(clock.now() + 100);
    expect(await index.get("a")).toBeDefined();
    // A new text starts the time anew, and so does an upsert.
    expect(await index.reindex([{ ...document, text: "bb" }])).toMatchObject({ changed: 1 });
    expect((await index.get("a"))?.expiresAtMs).toBe(clock.now() + 100);
    await index.touch(["a"], { expiresAtMs: null });
    expect(await index.upsert([{ ...document, text: "bb" }])).toMatchObject({ touched: 1 });
    expect((await index.get("a"))?.expiresAtMs).toBe(clock.now() + 100);
  });

  it("touches thousands, and loses none to a writer that comes between", async () => {
    const { index, open, storage, clock } = await createSubject();
    const documents = Array.from({ length: 700 }, (_, i) => ({ id: `d${i}`, text: `${i}` }));
    await index.upsert(documents);
    const other = await open();
    const told: IndexProgress[] = [];
    const [result] = await Promise.all([
      index.touch(
        documents.map(({ id }) => id),
        { ttlMs: 50, onProgress: (event) => told.push(event) },
      ),
      other.upsert([{ id: "d3", text: "three" }]),
    ]);
    expect(result.touched).toHaveLength(700);
    expect(told.at(0)).toEqual({ type: "start", task: "touch", done: 0, total: 700 });
    expect(told.at(-1)).toEqual({ type: "end", task: "touch", done: 700, total: 700 });
    expect(told.length).toBeGreaterThan(3);
    clock.setNow(clock.now() + 50);
    const left = (await index.status()).documents - (await index.sweepExpired()).removed.length;
    expect(left).toBeLessThanOrEqual(1);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("changes nothing when an argument cannot be one", async () => {
    const { index, storage } = await createSubject();
    await index.upsert([{ id: "a", text: "aa" }]);
    const before = await stateOf(storage);
    expect(await codeOf(index.touch(["a"], {}))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.touch(["a"], { ttlMs: 1, expiresAtMs: 1 }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.touch(["a"], { ttlMs: -1 }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.touch(["a"], { expiresAtMs: 0.5 }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.touch(["a", "a"], { ttlMs: 1 }))).toBe("ID_DUPLICATE");
    expect(await stateOf(storage)).toEqual(before);
  });
});
