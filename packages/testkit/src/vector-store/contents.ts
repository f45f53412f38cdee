import assert from "node:assert/strict";
import type { JsonObject, Metadata, VectorRecord, VectorStore } from "@keelson/core";
import fc from "fast-check";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { freeze } from "../fixtures/freeze.ts";
import { awkwardJson, nested } from "../fixtures/json-values.ts";
import { awkwardStrings, longString } from "../fixtures/strings.ts";
import { createNumbers } from "../fixtures/vectors.ts";
import { assertRecords, idsOf, openCollection, record, sees, topKOf } from "./subject.ts";

/** What records may hold, and whose they are. */
export const contentCases: readonly ConformanceCase<VectorStore>[] = [
  {
    id: "vector-store/upsert/works/awkward-ids",
    title:
      "keeps ids of every kind of Unicode apart: paths, separators, NUL, case, normal forms, very long ones",
    async run(store, context) {
      const collection = await openCollection(store);
      const ids = [...awkwardStrings, longString(1024), `${longString(1023)}y`];
      const records = ids.map((id, i) => record(id, [i, 1, 0], { text: id }));
      await collection.upsert(records);
      await sees(store, context, async () => assertRecords(await collection.get(ids), records));
      const [deleted, kept] = [ids.filter((_, i) => i % 2 === 0), records.filter((_, i) => i % 2 === 1)];
      await collection.delete(deleted);
      await sees(store, context, async () => {
        assertRecords(
          await collection.get(ids),
          ids.map((id) => kept.find((one) => one.id === id)),
        );
      });
    },
  },
  {
    id: "vector-store/upsert/works/awkward-texts",
    title: "gives back texts of every kind of Unicode, empty and very long ones",
    async run(store, context) {
      const collection = await openCollection(store);
      const texts = [...awkwardStrings, "", " \n", "word ".repeat(50_000), awkwardStrings.join("")];
      const records = texts.map((text, i) => record(`${i}`, [1, 0, 0], { text }));
      await collection.upsert(records);
      await sees(store, context, async () => {
        assertRecords(await collection.get(records.map(({ id }) => id)), records);
      });
    },
  },
  {
    id: "vector-store/upsert/works/awkward-metadata",
    title: "gives back metadata of all JSON kinds and depths",
    async run(store, context) {
      const collection = await openCollection(store);
      const objects = awkwardJson.map((value): Metadata => ({ value }));
      const names = awkwardJson.filter(
        (value): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value),
      );
      const records = [...objects, ...names, {}, nested(50)].map((metadata, i) =>
        record(`${i}`, [1, 0, 0], { metadata }),
      );
      await collection.upsert(records);
      await sees(store, context, async () => {
        assertRecords(await collection.get(records.map(({ id }) => id)), records);
      });
    },
  },
  {
    id: "vector-store/upsert/works/any-record",
    title: "gives back any record as it was stored (property)",
    async run(store, context) {
      const collection = await openCollection(store);
      const anyParts = fc.record(
        { text: fc.string({ unit: "grapheme" }), metadata: fc.dictionary(fc.string(), fc.jsonValue()) },
        { requiredKeys: [] },
      );
      const anyVector = fc.float32Array({ minLength: 3, maxLength: 3, noNaN: true, noDefaultInfinity: true });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(anyVector, anyParts), { minLength: 1, maxLength: 10 }),
          async (list) => {
            const records = list.map(
              ([vector, parts], i): VectorRecord => ({
                id: `${i}`,
                vector,
                ...(parts as Partial<VectorRecord>),
              }),
            );
            await collection.upsert(records);
            await sees(store, context, async () => {
              assertRecords(await collection.get(records.map(({ id }) => id)), records);
            });
          },
        ),
        { seed: 4, numRuns: 30 },
      );
    },
  },
  {
    id: "vector-store/upsert/works/edge-vectors",
    title: "keeps zero, denormal and huge numbers exactly, and never scores them NaN",
    async run(store, context) {
      const collection = await openCollection(store);
      const records = [
        record("zero", [0, 0, 0]),
        record("minus zero", [-0, -0, 1]),
        record("denormal", [1e-45, -1e-45, 1.1754942e-38]),
        record("huge", [3.4028234e38, -3.4028234e38, 1]),
        record("fine", [1 + 2 ** -23, 1 / 3, -0.1]),
      ];
      await collection.upsert(records);
      await sees(store, context, async () => {
        assertRecords(await collection.get(records.map(({ id }) => id)), records);
        for (const { vector } of records) {
          const matches = await collection.query(vector, { topK: topKOf(store, records.length) });
          for (const { score } of matches) assert.ok(!Number.isNaN(score), "a score is NaN");
          if (store.capabilities.recall === 1) assert.equal(matches.length, topKOf(store, records.length));
        }
      });
    },
  },
  ...[1, 2, 4096].map(
    (dimension): ConformanceCase<VectorStore> => ({
      id: `vector-store/upsert/works/dimension-${dimension}`,
      title: `keeps and finds vectors of dimension ${dimension}`,
      async run(store, context) {
        const collection = await openCollection(store, { dimension });
        const next = createNumbers(dimension);
        const records = ["a", "b", "c"].map((id) =>
          record(
            id,
            Array.from({ length: dimension }, () => next() - 0.5),
          ),
        );
        await collection.upsert(records);
        await sees(store, context, async () => {
          assertRecords(await collection.get(["a", "b", "c"]), records);
          const found = await collection.query((records[1] as VectorRecord).vector, {
            topK: topKOf(store, 3),
          });
          if (store.capabilities.recall === 1) assert.equal(found.length, topKOf(store, 3));
        });
      },
    }),
  ),
  {
    id: "vector-store/upsert/copies",
    title:
      "owns what it stores: changing what was passed in changes nothing, and the input is left as it was",
    async run(store, context) {
      const collection = await openCollection(store);
      const metadata = { list: [1], deep: { n: 1 } };
      const buffer = new Float32Array(9).fill(7);
      const vector = buffer.subarray(3, 6);
      vector.set([1, 2, 3]);
      await collection.upsert([{ id: "a", vector, metadata }]);
      buffer.fill(9);
      metadata.list.push(2);
      metadata.deep.n = 2;
      const stored = record("a", [1, 2, 3], { metadata: { list: [1], deep: { n: 1 } } });
      await sees(store, context, async () => assertRecords(await collection.get(["a"]), [stored]));

      const input = freeze([record("b", [3, 4, 0], { text: "b", metadata: { list: [{ n: 1 }] } })]);
      const query = Float32Array.of(3, 4, 0);
      await collection.upsert(input);
      await sees(store, context, async () => {
        await collection.query(query, freeze({ topK: topKOf(store, 2) }));
        assertRecords(await collection.get(freeze(["b"])), input);
      });
      assert.deepStrictEqual([...query], [3, 4, 0], "the query vector was changed");
      assert.deepStrictEqual([...(input[0]?.vector ?? [])], [3, 4, 0], "a record's vector was changed");
      await collection.delete(freeze(["b"]));
    },
  },
  {
    id: "vector-store/get/copies",
    title: "gives copies: changing what get and query returned changes nothing in the store",
    async run(store, context) {
      const collection = await openCollection(store);
      const stored = record("a", [1, 2, 3], { text: "a", metadata: { list: [1], deep: { n: 1 } } });
      await collection.upsert([stored]);
      await sees(store, context, async () => {
        const [read] = await collection.get(["a"]);
        const [match] = await collection.query(Float32Array.of(1, 2, 3), { topK: 1 });
        assert.deepStrictEqual(idsOf(match ? [match] : []), ["a"]);
        read?.vector.fill(9);
        for (const found of [read, match]) spoil(found?.metadata as { list: number[]; deep: { n: number } });
      });
      assertRecords(await collection.get(["a"]), [stored]);
      const [again] = await collection.query(Float32Array.of(1, 2, 3), { topK: 1 });
      assert.deepStrictEqual(JSON.parse(JSON.stringify(again?.metadata)), stored.metadata);
    },
  },
];

// A frozen part throws, a copy does not: both are right.
function spoil(metadata: { list: number[]; deep: { n: number } }): void {
  for (const change of [() => metadata.list.push(2), () => Object.assign(metadata.deep, { n: 2 })]) {
    try {
      change();
    } catch (error) {
      assert.ok(error instanceof TypeError);
    }
  }
}
