import type { Storage } from "@keelson/core";
import { describe, expect, it } from "vitest";
import type { IndexProgress, SourceDocument } from "../src/index.ts";
import { createSubject, failureOf, faultsOf } from "./support.ts";

const documentsOf = (count: number): SourceDocument[] =>
  Array.from({ length: count }, (_, i) => ({ id: `d${i}`, text: `text ${i}` }));

/** The same documents, every hundredth of them changed. */
const changedOf = (count: number): SourceDocument[] =>
  documentsOf(count).map((each, i) => (i % 100 === 7 ? { ...each, text: `changed ${i}` } : each));

async function textOf(index: Awaited<ReturnType<typeof createSubject>>["index"], id: string) {
  return (await index.get(id))?.chunks[0]?.text;
}

/** How many documents each commit from now on has written. */
function countWrites({ state }: Storage): number[] {
  const counts: number[] = [];
  const { commit } = state;
  state.commit = async (changes, options) => {
    const result = await commit(changes, options);
    const written = changes.filter(({ key }) => key.includes("/doc/")).length;
    if (written > 0) counts.push(written);
    return result;
  };
  return counts;
}

describe("sync of a source of which little has changed", () => {
  it("has the changes of many readings written together", async () => {
    const { index, storage } = await createSubject();
    await index.sync(documentsOf(3000), { mode: "full" });
    const writes = countWrites(storage);
    const result = await index.sync(changedOf(3000), { mode: "full" });
    expect(result).toMatchObject({ changed: 30, unchanged: 2970, embeddedChunks: 30 });
    expect(writes).toEqual([30]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("has them written as soon as there are enough for a batch", async () => {
    const { index, storage } = await createSubject();
    await index.sync(documentsOf(1000), { mode: "full" });
    const writes = countWrites(storage);
    const source = documentsOf(1000).map((each, i) =>
      i % 2 === 0 ? { ...each, text: `changed ${i}` } : each,
    );
    expect(await index.sync(source, { mode: "full" })).toMatchObject({ changed: 500 });
    expect(writes).toEqual([128, 256, 116]);
  });

  it("writes a few of a longer source first, and a short one together", async () => {
    const { index, storage } = await createSubject();
    const writes = countWrites(storage);
    await index.upsert(documentsOf(600));
    expect(writes.splice(0)).toEqual([64, 192, 256, 88]);
    await index.upsert(documentsOf(855).slice(600));
    expect(writes).toEqual([255]);
  });

  it("has them written early when their texts are long, read or not", async () => {
    const { index, storage } = await createSubject();
    const long = (i: number): string => `${i}`.repeat(1_500_000);
    const plain = documentsOf(3000).map((each) => ({ ...each, version: "1" }));
    const grown = plain.map((each, i) =>
      i % 300 === 0 ? { ...each, text: long(i % 10), version: "2" } : each,
    );
    await index.sync(plain, { mode: "full" });
    const writes = countWrites(storage);
    await index.sync(grown, { mode: "full" });
    // By their versions they are not read; what is written is their metadata alone.
    await index.sync(
      grown.map((each) => ({ ...each, ...(each.version === "2" && { metadata: { tag: 1 } }) })),
      { mode: "full" },
    );
    expect(writes).toEqual([3, 3, 3, 1, 3, 3, 3, 1]);
  });

  it("has none wait for more than a second of a slow source", async () => {
    const { index, storage, clock } = await createSubject();
    await index.sync(documentsOf(1000), { mode: "full" });
    const writes = countWrites(storage);
    async function* slow() {
      for (const [i, document] of changedOf(1000).entries()) {
        if (i % 256 === 0) await clock.advance(600);
        yield document;
      }
    }
    await index.sync(slow(), { mode: "full" });
    expect(writes).toEqual([8, 2]);
  });

  it("has written what was read before it breaks", async () => {
    const { index, storage } = await createSubject();
    await index.sync(documentsOf(1000), { mode: "full" });
    const failure = new Error("the listing broke");
    function* source() {
      yield* changedOf(600);
      throw failure;
    }
    expect(await failureOf(index.sync(source(), { mode: "full" }))).toBe(failure);
    expect(await textOf(index, "d107")).toBe("changed 107");
    expect(await textOf(index, "d507")).toBe("changed 507");
    expect((await index.status()).documents).toBe(1000);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("writes nothing any more once it is aborted, and leaves no trace", async () => {
    const { index, storage } = await createSubject();
    await index.sync(documentsOf(1000), { mode: "full" });
    const controller = new AbortController();
    const reason = new Error("stop");
    const writes = countWrites(storage);
    function* source() {
      yield* changedOf(600);
      controller.abort(reason);
      yield { id: "late", text: "late" };
    }
    const syncing = index.sync(source(), { mode: "full", signal: controller.signal });
    expect(await failureOf(syncing)).toBe(reason);
    expect(writes).toEqual([]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("tells of each document once, though the last reading was a whole one", async () => {
    const { index } = await createSubject();
    await index.sync(documentsOf(512), { mode: "full" });
    const events: IndexProgress[] = [];
    await index.sync(changedOf(512), { mode: "full", onProgress: (event) => events.push(event) });
    expect(events.map(({ type, done }) => [type, done])).toEqual([
      ["start", 0],
      ["progress", 64],
      ["progress", 256],
      ["progress", 512],
      ["progress", 512],
      ["end", 512],
    ]);
    expect(events.flatMap(({ documents = [] }) => documents.map(({ id }) => id))).toEqual(
      [7, 107, 207, 307, 407, 507].map((i) => `d${i}`),
    );
  });

  it("is compared again where others have written, or erased, what waits to be written", async () => {
    const { index, open, storage, embedder } = await createSubject();
    await index.sync(documentsOf(1000), { mode: "full" });
    const other = await open();
    embedder.texts.length = 0;
    async function* source() {
      for (const [i, document] of changedOf(1000).entries()) {
        if (i === 600) {
          // One to the very text, one to another, one away for good.
          await other.upsert([
            { id: "d7", text: "changed 7" },
            { id: "d107", text: "by the other" },
          ]);
          await other.erase({ ids: ["d207"] });
        }
        yield document;
      }
    }
    const result = await index.sync(source(), { mode: "full" });
    expect(result).toMatchObject({ changed: 8, unchanged: 991, failed: 1 });
    expect(result.failures).toMatchObject([{ id: "d207", error: { code: "DOCUMENT_ERASED" } }]);
    expect(await textOf(index, "d7")).toBe("changed 7");
    expect(await textOf(index, "d107")).toBe("changed 107");
    expect(await index.get("d207")).toBeUndefined();
    expect(await faultsOf(storage)).toEqual([]);
    expect((await index.status()).documents).toBe(999);
  });
});
