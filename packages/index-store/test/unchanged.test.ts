import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SourceDocument } from "../src/index.ts";
import { createSubject, faultsOf, paragraphs, recordsOf } from "./support.ts";

const few = <T>(...values: T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const traits = {
  text: few("one", "two", "one\n\ntwo", "", "\ud800"),
  asFunction: fc.boolean(),
  version: few(undefined, undefined, "1", "2"),
  metadata: few(undefined, {}, { a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }, { a: 1 }, { c: 1 }),
  expiry: few({}, {}, { ttlMs: 100 }, { ttlMs: 200 }, { expiresAtMs: 1_000_100 }, { expiresAtMs: 1_005_000 }),
  subjects: few(undefined, [], ["ann"], ["bob", "ann"], ["ann", "bob", "ann"]),
};
type Traits = {
  [Name in keyof typeof traits]: (typeof traits)[Name] extends fc.Arbitrary<infer T> ? T : never;
};

const documentOf = ({ text, asFunction, expiry, ...rest }: Traits): SourceDocument => ({
  id: "a",
  text: asFunction ? () => text : text,
  ...expiry,
  ...rest,
});

describe("sync", () => {
  it("leaves a document alone exactly where it is not stale", async () => {
    let unchanged = 0;
    const runs = 300;
    await fc.assert(
      fc.asyncProperty(
        fc.record(traits),
        // Nothing, one thing or some of it has changed.
        fc.oneof(
          fc.constant({}),
          ...Object.entries(traits).map(([name, each]) => fc.record({ [name]: each })),
        ),
        few({}, {}, {}, { chunker: paragraphs }),
        few(0, 99, 100, 6_000),
        async (before, changes, pipeline, passedMs) => {
          const { index, clock, open } = await createSubject({ redactor: "none" });
          await index.sync([documentOf(before)], { mode: "full" });
          clock.advance(passedMs);
          const later = await open(pipeline);
          const document = documentOf({ ...before, ...changes });
          const stale = await later.isStale(document);
          const result = await later.sync([document], { mode: "full" });
          expect(result.unchanged).toBe(stale ? 0 : 1);
          unchanged += result.unchanged;
        },
      ),
      { numRuns: runs },
    );
    expect(unchanged).toBeGreaterThan(runs / 6);
    expect(unchanged).toBeLessThan((runs * 5) / 6);
  });

  it("reads the text of no document whose version is equal", async () => {
    const { index } = await createSubject({ redactor: "none" });
    let read = 0;
    const text = (): string => {
      read++;
      return "one";
    };
    await index.sync([{ id: "a", version: "1", text }], { mode: "full" });
    expect(read).toBe(1);
    expect((await index.sync([{ id: "a", version: "1", text }], { mode: "full" })).unchanged).toBe(1);
    expect(read).toBe(1);
  });

  it("reads a text of an equal version where its vectors are lost, and takes it as it is by now", async () => {
    const { index, storage } = await createSubject({ chunker: paragraphs });
    const was = { id: "a", version: "1", text: "one\n\ntwo" };
    await index.upsert([was, { id: "b", version: "1", text: "three" }]);
    const collection = await storage.vectors.open("docs@1", { dimension: 32, metric: "cosine" });
    await collection.delete([...((await recordsOf(storage)).get("docs@1") ?? [])].map(({ id }) => id));
    const source = [
      { ...was, text: "one\n\nother" },
      { id: "b", version: "1", text: "three" },
    ];
    expect(await index.reindex(source, { checkVectors: true })).toMatchObject({ changed: 2 });
    expect((await index.get("a"))?.chunks.map(({ text }) => text)).toEqual(["one", "other"]);
    expect((await index.reindex(source)).unchanged).toBe(2);
    expect(await faultsOf(storage)).toEqual([]);
  });
});
