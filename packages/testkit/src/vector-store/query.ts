import assert from "node:assert/strict";
import type { VectorMetric, VectorRecord, VectorStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { outcomeOf } from "../conformance/outcome.ts";
import { assertSameJson } from "../fixtures/json-values.ts";
import { wholeVectors } from "../fixtures/vectors.ts";
import { assertExact, recallOf } from "./ranking.ts";
import { idsOf, openCollection, record, sees, topKOf } from "./subject.ts";

const METRICS: readonly VectorMetric[] = ["cosine", "dot", "euclidean"];

/** Searching by closeness. Exact stores are held to an oracle, others to the recall they declare. */
export const queryCases: readonly ConformanceCase<VectorStore>[] = [
  {
    id: "vector-store/query/works",
    title: "answers with the closest records, best first, with id, score, text and metadata",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([
        record("far", [-1, 0, 0]),
        record("near", [1, 0, 0], { text: "near text", metadata: { n: [1, { deep: true }] } }),
        record("middle", [0, 1, 0]),
      ]);
      await sees(store, context, async () => {
        const matches = await collection.query(Float32Array.of(1, 0, 0), { topK: topKOf(store, 2) });
        assert.equal(matches[0]?.id, "near");
        assert.equal(matches[0]?.text, "near text");
        assertSameJson(matches[0]?.metadata, { n: [1, { deep: true }] });
        assert.equal(typeof matches[0]?.score, "number");
        if (matches[1]) assert.ok(matches[0].score >= matches[1].score, "a worse match stands first");
      });
    },
  },
  ...METRICS.map(
    (metric): ConformanceCase<VectorStore> => ({
      id: `vector-store/query/works/${metric}`,
      title: `finds what an exact search by ${metric} finds, with its scores`,
      when: ({ capabilities }) => capabilities.metrics.includes(metric) && capabilities.recall === 1,
      async run(store, context) {
        const { collection, records } = await filled(store, metric);
        for (const query of [
          ...wholeVectors(8, 8, 99),
          new Float32Array(8),
          records[0]?.vector as Float32Array,
        ]) {
          for (const wanted of [1, 2, 10, records.length - 1, records.length, records.length + 7]) {
            const topK = topKOf(store, wanted);
            await sees(store, context, async () => {
              assertExact(await collection.query(query, { topK }), records, query, { topK, metric });
            });
          }
        }
      },
    }),
  ),
  ...METRICS.map(
    (metric): ConformanceCase<VectorStore> => ({
      id: `vector-store/query/works/recall-${metric}`,
      title: `finds at least the share of the nearest by ${metric} that it declares`,
      when: ({ capabilities }) => capabilities.metrics.includes(metric) && capabilities.recall < 1,
      async run(store, context) {
        const { collection, records } = await filled(store, metric);
        const topK = topKOf(store, 10);
        const queries = wholeVectors(50, 8, 99);
        await sees(store, context, async () => {
          let sum = 0;
          for (const query of queries) {
            const matches = await collection.query(query, { topK });
            sum += recallOf(matches, records, query, { topK, metric });
            for (const [i, { score }] of matches.entries()) {
              assert.ok(
                i === 0 || (matches[i - 1]?.score ?? 0) >= score,
                "a worse match stands before a better one",
              );
            }
          }
          const recall = sum / queries.length;
          assert.ok(
            recall >= store.capabilities.recall,
            `recall is ${recall}, declared is ${store.capabilities.recall}`,
          );
        });
      },
    }),
  ),
  {
    id: "vector-store/query/empty-input",
    title: "answers with an empty list where the collection is empty",
    async run(store) {
      const collection = await openCollection(store);
      assert.deepStrictEqual(await collection.query(Float32Array.of(1, 0, 0), { topK: 1 }), []);
      assert.deepStrictEqual(
        await collection.query(Float32Array.of(0, 0, 0), { topK: topKOf(store, 100) }),
        [],
      );
    },
  },
  {
    id: "vector-store/query/duplicate",
    title: "orders records of equal closeness by ascending id, by UTF-16 code units",
    when: ({ capabilities }) => capabilities.recall === 1,
    async run(store, context) {
      const collection = await openCollection(store);
      const ids = ["b", "\uff5e", "a10", "a9", "B", "😀", "a", "é", "e\u0301"];
      await collection.upsert([...ids.map((id) => record(id)), record("worse", [-1, 0, 0])]);
      const inOrder = [...ids].sort();
      for (const wanted of [1, 4, ids.length]) {
        const topK = topKOf(store, wanted);
        await sees(store, context, async () => {
          const matches = await collection.query(Float32Array.of(1, 0, 0), { topK });
          assert.deepStrictEqual(idsOf(matches), inOrder.slice(0, topK));
        });
      }
    },
  },
  {
    id: "vector-store/query/limits",
    title: "answers up to the topK that it declares, and beyond it in full or not at all",
    when: ({ capabilities: { maxTopK } }) => maxTopK !== undefined && maxTopK <= 20_000,
    async run(store, context) {
      const { maxTopK = 1 } = store.capabilities;
      const collection = await openCollection(store);
      const records = Array.from({ length: maxTopK + 1 }, (_, i) => record(String(i), [1, i / maxTopK, 0]));
      await collection.upsert(records);
      const ask = Float32Array.of(1, 0, 0);
      await sees(store, context, async () => {
        const found = await collection.query(ask, { topK: maxTopK });
        assert.ok(found.length <= maxTopK && found.length >= Math.floor(maxTopK * store.capabilities.recall));
        const beyond = await outcomeOf(() => collection.query(ask, { topK: maxTopK + 1 }));
        if (beyond.status === "answered" && store.capabilities.recall === 1)
          assert.equal(beyond.value.length, maxTopK + 1, "matches were dropped in silence");
      });
    },
  },
  {
    id: "vector-store/query/works/current",
    title: "finds records by their newest vector only",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("moved", [1, 0, 0]), record("fixed", [1, 1, 0])]);
      await collection.upsert([record("moved", [-1, 0, 0], { text: "new" })]);
      await sees(store, context, async () => {
        const matches = await collection.query(Float32Array.of(1, 0, 0), { topK: topKOf(store, 1) });
        assert.deepStrictEqual(idsOf(matches), ["fixed"]);
      });
    },
  },
  {
    id: "vector-store/query/concurrent",
    title: "answers whole records while they are stored and deleted",
    async run(store) {
      const collection = await openCollection(store);
      const version = (id: string, i: number): VectorRecord =>
        record(id, [1, i, 0], { text: `${i}`, metadata: { i } });
      await collection.upsert([version("a", 0), version("b", 0)]);
      await interleave(
        async (round) => {
          await collection.upsert([version("a", round)]);
          if (round % 2 === 0) await collection.delete(["b"]);
          else await collection.upsert([version("b", round)]);
        },
        async () => {
          const matches = await collection.query(Float32Array.of(1, 0, 0), { topK: topKOf(store, 3) });
          assert.equal(new Set(idsOf(matches)).size, matches.length, "a record came twice");
          for (const { text, metadata } of matches) assertSameJson(metadata, { i: Number(text) });
          if (store.capabilities.consistency === "immediate")
            assert.ok(idsOf(matches).includes("a"), "a replaced record was missing");
        },
      );
    },
  },
];

/** A collection of 120 records with vectors that are equal, opposite, multiples of one another, and zero. */
async function filled(store: VectorStore, metric: VectorMetric) {
  const collection = await openCollection(store, { dimension: 8, metric });
  const vectors = wholeVectors(100, 8, 5);
  const first = vectors[0] ?? new Float32Array(8);
  const special = [
    first,
    first,
    first.map((x) => -x),
    first.map((x) => 2 * x),
    new Float32Array(8),
    new Float32Array(8),
  ];
  const records = [...vectors, ...special].map((vector, i) => ({ id: `record ${(i * 37) % 106}`, vector }));
  await collection.upsert(records);
  return { collection, records };
}
