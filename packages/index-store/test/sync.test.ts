import { describe, expect, it } from "vitest";
import type { IndexProgress, SourceDocument } from "../src/index.ts";
import { codeOf, createLetters, createSubject, failureOf, faultsOf, stateOf } from "./support.ts";

const documentsOf = (count: number): SourceDocument[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text ${i}` }));

describe("sync", () => {
  it("makes the index what a full source is, and embeds only what is new", async () => {
    const { index, embedder, storage } = await createSubject();
    await index.upsert(documentsOf(1000));
    embedder.texts.length = 0;
    const source = documentsOf(900).map((document, i) =>
      i === 3 ? { ...document, text: "changed" } : document,
    );
    expect(await index.sync([...source, { id: "new", text: "new" }], { mode: "full" })).toMatchObject({
      added: 1,
      changed: 1,
      removed: 100,
      unchanged: 899,
      embeddedChunks: 2,
    });
    expect(embedder.texts).toEqual(["changed", "new"]);
    expect((await index.status()).documents).toBe(901);
    expect(await index.get("d950")).toBeUndefined();
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("leaves what an incremental source does not name", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(10));
    expect(await index.sync([], { mode: "incremental" })).toMatchObject({ removed: 0 });
    expect(await index.sync([{ id: "x", text: "x" }], { mode: "incremental" })).toMatchObject({ added: 1 });
    expect((await index.status()).documents).toBe(11);
  });

  it.each([0, 4])("refuses a full source of %i documents where there were ten", async (count) => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(10));
    const failing = failureOf(index.sync(documentsOf(count), { mode: "full" }));
    expect(await failing).toMatchObject({
      code: "DELETIONS_REFUSED",
      details: { index: "docs", deletions: 10 - count, documents: 10, maxDeleteRatio: 0.5 },
    });
    expect((await index.status()).documents).toBe(10);
    expect(await index.sync(documentsOf(count), { mode: "full", maxDeleteRatio: 1 })).toMatchObject({
      removed: 10 - count,
    });
    expect((await index.status()).documents).toBe(count);
  });

  it("is not deceived by new documents that come with the loss", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(10));
    const others = Array.from({ length: 90 }, (_, i) => ({ id: `other${i}`, text: "x" }));
    expect(await codeOf(index.sync(others, { mode: "full" }))).toBe("DELETIONS_REFUSED");
    expect((await index.status()).documents).toBe(100);
  });

  it("allows as much as it is told, to the document", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(10));
    const strict = { mode: "full", maxDeleteRatio: 0.1 } as const;
    expect(await codeOf(index.sync(documentsOf(8), strict))).toBe("DELETIONS_REFUSED");
    expect(await index.sync(documentsOf(9), strict)).toMatchObject({ removed: 1 });
    expect(await index.sync(documentsOf(9), { mode: "full", maxDeleteRatio: 0 })).toMatchObject({
      removed: 0,
    });
  });

  it("does not count what has expired as a loss, and removes it", async () => {
    const { index, clock } = await createSubject();
    await index.upsert(documentsOf(10).map((document) => ({ ...document, ttlMs: 5 })));
    clock.setNow(clock.now() + 5);
    expect(await index.sync([], { mode: "full" })).toMatchObject({ removed: 10 });
  });

  it("does not count what has expired among the documents that there were", async () => {
    const { index, clock } = await createSubject();
    await index.upsert(
      documentsOf(100).map((document, i) => (i < 90 ? { ...document, ttlMs: 5 } : document)),
    );
    clock.setNow(clock.now() + 5);
    const plan = await index.plan([], { mode: "full" });
    const refusal = {
      code: "DELETIONS_REFUSED",
      details: { index: "docs", deletions: 10, documents: 10, maxDeleteRatio: 0.5 },
    };
    expect(await failureOf(index.apply(plan, []))).toMatchObject(refusal);
    expect(await failureOf(index.sync([], { mode: "full" }))).toMatchObject(refusal);
    expect((await index.status()).documents).toBe(100);
  });

  it("makes an empty index of an empty source without a word", async () => {
    const { index } = await createSubject();
    expect(await index.sync([], { mode: "full" })).toMatchObject({ added: 0, removed: 0 });
  });

  it("removes nothing when the source throws midway", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(1000));
    const failure = new Error("the listing broke");
    async function* source() {
      yield* documentsOf(990);
      throw failure;
    }
    expect(await failureOf(index.sync(source(), { mode: "full" }))).toBe(failure);
    expect((await index.status()).documents).toBe(1000);
  });

  it("names the id that stands twice, and removes nothing", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(10));
    const twice = [...documentsOf(9), { id: "d3", text: "again" }];
    for (const source of [
      twice,
      (function* () {
        yield* twice;
      })(),
    ])
      expect(await failureOf(index.sync(source, { mode: "full" }))).toMatchObject({
        code: "ID_DUPLICATE",
        details: { id: "d3" },
      });
    expect((await index.status()).documents).toBe(10);
  });

  it("refuses a mode and a ratio that are none, before it reads the source", async () => {
    const { index } = await createSubject();
    function* source(): Generator<SourceDocument> {
      yield { id: "", text: "read" };
    }
    expect(await codeOf(index.sync(source(), { mode: "all" as never }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.sync(source(), {} as never))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.sync(source(), undefined as never))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(index.plan(source(), undefined as never))).toBe("ARGUMENT_INVALID");
    for (const maxDeleteRatio of [-0.1, 1.1, Number.NaN])
      expect(await codeOf(index.sync(source(), { mode: "full", maxDeleteRatio }))).toBe("ARGUMENT_INVALID");
  });

  it("tells how far it is: start, progress with the ids of what it wrote, end, for each task", async () => {
    const { index } = await createSubject();
    await index.upsert(documentsOf(600));
    const events: IndexProgress[] = [];
    const source = documentsOf(590).map((document, i) =>
      i === 300 ? { ...document, text: "changed" } : document,
    );
    await index.sync(source, { mode: "full", onProgress: (event) => events.push(event) });
    expect(events.map(({ type, task, done, total }) => [type, task, done, total])).toEqual([
      ["start", "write", 0, undefined],
      ["progress", "write", 64, undefined],
      ["progress", "write", 256, undefined],
      ["progress", "write", 512, undefined],
      ["progress", "write", 590, undefined],
      ["end", "write", 590, undefined],
      ["start", "remove", 0, 10],
      ["progress", "remove", 10, 10],
      ["end", "remove", 10, 10],
    ]);
    const documents = events.flatMap((event) => event.documents ?? []);
    expect(documents[0]).toEqual({ id: "d300", outcome: "changed", reasons: ["text"] });
    expect(documents.slice(1)).toEqual(
      documentsOf(600)
        .slice(590)
        .map(({ id }) => ({ id, outcome: "removed", reasons: ["orphaned"] })),
    );
  });

  it("tells the end when it fails, and rejects with what the listener throws", async () => {
    const { index } = await createSubject();
    const types: string[] = [];
    function* source() {
      yield { id: "a", text: "one" };
      throw new Error("broke");
    }
    await codeOf(index.reindex(source(), { onProgress: ({ type }) => types.push(type) }));
    expect(types).toEqual(["start", "end"]);
    const failure = new Error("listener");
    const onProgress = (): never => {
      throw failure;
    };
    expect(await failureOf(index.reindex([], { onProgress }))).toBe(failure);
  });

  it("removes what a source has no more while others write, and loses nothing of theirs", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documentsOf(300));
    const other = await open();
    await Promise.all([
      index.sync(documentsOf(200), { mode: "full" }),
      other.upsert([{ id: "d0", text: "by the other" }]),
    ]);
    expect(await faultsOf(storage)).toEqual([]);
    expect((await index.status()).documents).toBe(200);
  });

  it("moves the index to another embedder, then removes", async () => {
    const { index, open, storage } = await createSubject();
    await index.upsert(documentsOf(10));
    const other = await open({ embedder: createLetters("other@1", 16) });
    const result = await other.sync(documentsOf(8), { mode: "full" });
    expect(result).toMatchObject({ rebuilt: 10, removed: 2, unchanged: 8, embeddedChunks: 10 });
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("writes nothing where nothing has changed, but for its lease", async () => {
    const { index, storage } = await createSubject();
    await index.upsert(documentsOf(300));
    const before = await stateOf(storage);
    expect(await index.sync(documentsOf(300), { mode: "full" })).toMatchObject({ unchanged: 300 });
    expect(await stateOf(storage)).toEqual(before);
  });
});

describe("onProgress", () => {
  it("tells of removals, sweeps and checks as well", async () => {
    const { index, clock } = await createSubject();
    const seen: unknown[] = [];
    const onProgress = ({ type, task, done, documents = [] }: IndexProgress): void => {
      seen.push([type, task, done, ...documents.map(({ id, reasons }) => [id, ...reasons].join(" "))]);
    };
    await index.upsert([...documentsOf(2), { id: "brief", text: "brief", ttlMs: 5 }]);
    await index.staleIds(documentsOf(2), { onProgress });
    await index.remove(["d0", "none"], { onProgress });
    clock.setNow(clock.now() + 5);
    await index.sweepExpired({ onProgress });
    expect(seen).toEqual([
      ["start", "plan", 0],
      ["progress", "plan", 2],
      ["end", "plan", 2],
      ["start", "remove", 0],
      ["progress", "remove", 2, "d0"],
      ["end", "remove", 2],
      ["start", "sweep", 0],
      ["progress", "sweep", 1, "brief expired"],
      ["end", "sweep", 1],
    ]);
  });
});
