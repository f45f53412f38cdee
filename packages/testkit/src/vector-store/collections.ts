import assert from "node:assert/strict";
import type { VectorMetric, VectorStore } from "@keelson/core";
import { casesWhen } from "../conformance/cases-when.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { outcomeOf, rejection } from "../conformance/outcome.ts";
import { awkwardStrings, byCodeUnits, longString } from "../fixtures/strings.ts";
import { assertRecords, metricOf, openCollection, record, sees } from "./subject.ts";

const METRICS: readonly VectorMetric[] = ["cosine", "dot", "euclidean"];

/** Opening, listing and dropping collections. */
export const collectionCases: readonly ConformanceCase<VectorStore>[] = [
  {
    id: "vector-store/open/works",
    title: "declares specVersion 1, and capabilities that are plain data and do not change",
    async run(store) {
      const before = JSON.stringify(store.capabilities);
      assert.equal(store.specVersion, 1);
      const { durable, metrics, filters, consistency, recall, physicalDelete, maxBatchSize, maxTopK } =
        store.capabilities;
      for (const fact of [durable, filters, physicalDelete]) assert.equal(typeof fact, "boolean");
      assert.ok(metrics.length > 0 && metrics.every((metric) => METRICS.includes(metric)));
      assert.ok(consistency === "immediate" || consistency === "eventual");
      assert.ok(recall >= 0 && recall <= 1, "recall is not within 0..1");
      for (const limit of [maxBatchSize, maxTopK]) {
        assert.ok(
          limit === undefined || (Number.isSafeInteger(limit) && limit >= 1),
          "a limit is no whole number of at least 1",
        );
      }
      await openCollection(store);
      assert.equal(JSON.stringify(store.capabilities), before, "capabilities changed");
    },
  },
  {
    id: "vector-store/open/works/collections-are-apart",
    title: "keeps collections apart, of whatever names and dimensions",
    async run(store, context) {
      const names = [...awkwardStrings, longString(256)];
      for (const [i, name] of names.entries()) {
        const collection = await openCollection(store, { name, dimension: 1 + (i % 5) });
        await collection.upsert([record("same id", Array(1 + (i % 5)).fill(i + 1))]);
      }
      for (const [i, name] of names.entries()) {
        const dimension = 1 + (i % 5);
        const collection = await openCollection(store, { name, dimension });
        await sees(store, context, async () => {
          assertRecords(await collection.get(["same id"]), [record("same id", Array(dimension).fill(i + 1))]);
        });
      }
      const listed = await store.list();
      assert.deepStrictEqual(
        listed.map(({ name }) => name),
        [...names].sort(byCodeUnits),
      );
    },
  },
  {
    id: "vector-store/open/empty-input",
    title: "opens a new collection without records",
    async run(store) {
      const collection = await openCollection(store);
      assert.deepStrictEqual(await collection.get(["a"]), [undefined]);
      assert.deepStrictEqual(await collection.query(Float32Array.of(1, 0, 0), { topK: 1 }), []);
    },
  },
  {
    id: "vector-store/open/unknown-id",
    title: "creates a collection that is not there, so that it is listed",
    async run(store) {
      await openCollection(store, { name: "new", dimension: 7 });
      const [info] = await store.list();
      assert.deepStrictEqual({ ...info }, { name: "new", dimension: 7, metric: metricOf(store) });
    },
  },
  {
    id: "vector-store/open/duplicate",
    title: "gives two handles to one collection when opened twice",
    async run(store, context) {
      const first = await openCollection(store);
      await first.upsert([record("a")]);
      const second = await openCollection(store);
      await sees(store, context, async () => assertRecords(await second.get(["a"]), [record("a")]));
      await second.delete(["a"]);
      await sees(store, context, async () => assertRecords(await first.get(["a"]), [undefined]));
      assert.equal((await store.list()).length, 1);
    },
  },
  {
    id: "vector-store/open/mismatch",
    title:
      "rejects with COLLECTION_MISMATCH when the collection has another dimension, and leaves it as it was",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a")]);
      const error = await rejection("COLLECTION_MISMATCH", () => openCollection(store, { dimension: 4 }));
      assert.equal(error.details.collection, "docs");
      await sees(store, context, async () => assertRecords(await collection.get(["a"]), [record("a")]));
    },
  },
  {
    id: "vector-store/open/mismatch/metric",
    title: "rejects with COLLECTION_MISMATCH when the collection has another metric",
    when: (store) => store.capabilities.metrics.length > 1,
    async run(store) {
      const [metric, other] = store.capabilities.metrics;
      await openCollection(store, { metric: metric as VectorMetric });
      await rejection("COLLECTION_MISMATCH", () => openCollection(store, { metric: other as VectorMetric }));
    },
  },
  ...METRICS.map(
    (metric): ConformanceCase<VectorStore> => ({
      id: `vector-store/open/unsupported/${metric}`,
      title: `rejects with CAPABILITY_UNSUPPORTED for the metric ${metric}, which it does not declare`,
      when: (store) => !store.capabilities.metrics.includes(metric),
      async run(store) {
        await rejection("CAPABILITY_UNSUPPORTED", () => openCollection(store, { metric }));
        assert.deepStrictEqual(await store.list(), []);
      },
    }),
  ),
  {
    id: "vector-store/open/concurrent",
    title: "makes one collection of many openings at once",
    async run(store, context) {
      const handles = await Promise.all(Array.from({ length: 8 }, () => openCollection(store)));
      await Promise.all(handles.map((handle, i) => handle.upsert([record(`record ${i}`)])));
      const ids = handles.map((_, i) => `record ${i}`);
      for (const handle of handles) {
        await sees(store, context, async () =>
          assertRecords(
            await handle.get(ids),
            ids.map((id) => record(id)),
          ),
        );
      }
      assert.equal((await store.list()).length, 1);
    },
  },
  {
    id: "vector-store/list/works",
    title: "lists collections by ascending name, with dimension and metric",
    async run(store) {
      const metric = metricOf(store);
      for (const [name, dimension] of [
        ["b", 2],
        ["\uff5e", 4],
        ["a", 1],
        ["😀", 3],
      ] as const) {
        await openCollection(store, { name, dimension });
      }
      assert.deepStrictEqual(
        (await store.list()).map((info) => ({ ...info })),
        [
          { name: "a", dimension: 1, metric },
          { name: "b", dimension: 2, metric },
          { name: "😀", dimension: 3, metric },
          { name: "\uff5e", dimension: 4, metric },
        ],
      );
    },
  },
  {
    id: "vector-store/list/empty-input",
    title: "lists nothing of an empty store",
    async run(store) {
      assert.deepStrictEqual(await store.list(), []);
    },
  },
  {
    id: "vector-store/list/concurrent",
    title: "lists whole collections only, while others are opened and dropped",
    async run(store) {
      const work = Array.from({ length: 8 }, async (_, i) => {
        await openCollection(store, { name: `c${i}`, dimension: i + 1 });
        if (i % 2 === 1) await store.drop(`c${i}`);
      });
      const lists = await Promise.all(Array.from({ length: 8 }, () => store.list()));
      for (const info of lists.flat()) assert.equal(info.name, `c${info.dimension - 1}`);
      await Promise.all(work);
      assert.deepStrictEqual(
        (await store.list()).map(({ name }) => name),
        ["c0", "c2", "c4", "c6"],
      );
    },
  },
  {
    id: "vector-store/drop/works",
    title: "deletes a collection with all its records, and no other",
    async run(store, context) {
      const kept = await openCollection(store, { name: "kept" });
      const dropped = await openCollection(store, { name: "dropped" });
      await kept.upsert([record("a")]);
      await dropped.upsert([record("a")]);
      await store.drop("dropped");
      assert.deepStrictEqual(
        (await store.list()).map(({ name }) => name),
        ["kept"],
      );
      const anew = await openCollection(store, { name: "dropped", dimension: 5 });
      await sees(store, context, async () => {
        assertRecords(await anew.get(["a"]), [undefined]);
        assertRecords(await kept.get(["a"]), [record("a")]);
      });
    },
  },
  {
    id: "vector-store/drop/works/handles",
    title: "leaves handles that find nothing any more, or reject with COLLECTION_NOT_FOUND",
    async run(store, context) {
      const handle = await openCollection(store);
      await handle.upsert([record("a")]);
      await store.drop("docs");
      await sees(store, context, async () => {
        const read = await outcomeOf(() => handle.get(["a"]));
        const query = await outcomeOf(() => handle.query(Float32Array.of(1, 0, 0), { topK: 1 }));
        if (read.status === "answered") assertRecords(read.value, [undefined]);
        else await rejection("COLLECTION_NOT_FOUND", () => handle.get(["a"]));
        if (query.status === "answered") assert.deepStrictEqual(query.value, []);
        else
          await rejection("COLLECTION_NOT_FOUND", () => handle.query(Float32Array.of(1, 0, 0), { topK: 1 }));
      });
    },
  },
  {
    id: "vector-store/drop/unknown-id",
    title: "drops a collection that is not there without an error",
    async run(store) {
      await openCollection(store, { name: "kept" });
      await store.drop("never");
      assert.equal((await store.list()).length, 1);
    },
  },
  {
    id: "vector-store/drop/duplicate",
    title: "drops a collection twice without an error",
    async run(store) {
      await openCollection(store);
      await store.drop("docs");
      await store.drop("docs");
      assert.deepStrictEqual(await store.list(), []);
    },
  },
  {
    id: "vector-store/drop/concurrent",
    title: "drops what many drop at once",
    async run(store) {
      for (const name of ["a", "b", "kept"]) await openCollection(store, { name });
      await Promise.all(["a", "b", "a", "b"].map((name) => store.drop(name)));
      assert.deepStrictEqual(
        (await store.list()).map(({ name }) => name),
        ["kept"],
      );
    },
  },
  ...casesWhen<VectorStore>(
    (store) => store.capabilities.durable,
    [
      {
        id: "vector-store/open/durable",
        title: "has every collection after reopening, with dimension and metric, and none that was dropped",
        async run(store, context) {
          await openCollection(store, { name: "a", dimension: 2 });
          await openCollection(store, { name: "empty", dimension: 9 });
          await openCollection(store, { name: "dropped" });
          await store.drop("dropped");
          const before = await store.list();
          const reopened = await context.reopen();
          assert.deepStrictEqual(
            (await reopened.list()).map((info) => ({ ...info })),
            before.map((info) => ({ ...info })),
          );
          assert.equal(before.length, 2);
          await rejection("COLLECTION_MISMATCH", () => openCollection(reopened, { name: "a", dimension: 3 }));
        },
      },
    ],
  ),
];
