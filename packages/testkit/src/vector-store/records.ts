import assert from "node:assert/strict";
import type { VectorRecord, VectorStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { outcomeOf } from "../conformance/outcome.ts";
import { assertRecords, idsOf, metricOf, openCollection, record, sees, topKOf } from "./subject.ts";

const ask = Float32Array.of(1, 0, 0);

/** Storing, reading and deleting records. */
export const recordCases: readonly ConformanceCase<VectorStore>[] = [
  {
    id: "vector-store/upsert/works",
    title: "stores records with all their parts",
    async run(store, context) {
      const collection = await openCollection(store);
      const records = [
        record("bare", [1, 2, 3]),
        record("whole", [0.1, -0.2, 1e-3], { text: "some text", metadata: { year: 2024, tags: ["a", "b"] } }),
        record("empty parts", [0, 0, 1], { text: "", metadata: {} }),
      ];
      await collection.upsert(records);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["bare", "whole", "empty parts"]), records);
      });
    },
  },
  {
    id: "vector-store/upsert/works/replaces-whole",
    title: "replaces a record with all its parts: what the new one lacks is gone",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([
        record("a", [1, 0, 0], { text: "old", metadata: { old: true } }),
        record("b"),
      ]);
      await collection.upsert([record("a", [0, 1, 0], { metadata: { new: true } })]);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["a", "b"]), [
          record("a", [0, 1, 0], { metadata: { new: true } }),
          record("b"),
        ]);
      });
      await collection.upsert([record("a", [0, 0, 1])]);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["a"]), [record("a", [0, 0, 1])]);
        const matches = await collection.query(Float32Array.of(0, 0, 1), { topK: topKOf(store, 10) });
        assert.equal(matches.filter(({ id }) => id === "a").length, 1, "a replaced record is found twice");
      });
    },
  },
  {
    id: "vector-store/upsert/works/batches",
    title: "takes batches of one, of many and of the largest size it declares",
    async run(store, context) {
      const collection = await openCollection(store);
      const { maxBatchSize } = store.capabilities;
      const sizes = [1, 2, Math.min(maxBatchSize ?? 1000, 1000)];
      const all: VectorRecord[] = [];
      for (const size of sizes) {
        const batch = Array.from({ length: size }, (_, i) => record(`${size}/${i}`, [i, size, 1]));
        await collection.upsert(batch);
        all.push(...batch);
      }
      await sees(store, context, async () => {
        assertRecords(await collection.get(all.map(({ id }) => id)), all);
      });
      await collection.delete(all.map(({ id }) => id));
      await sees(store, context, async () => {
        assertRecords(
          await collection.get(all.map(({ id }) => id)),
          all.map(() => undefined),
        );
      });
    },
  },
  {
    id: "vector-store/upsert/limits",
    title: "never drops in silence what goes beyond its declared batch size: it takes all, or rejects",
    when: ({ capabilities: { maxBatchSize } }) => maxBatchSize !== undefined && maxBatchSize <= 10_000,
    async run(store, context) {
      const collection = await openCollection(store);
      // A handle of its own, whose batches nobody splits.
      const raw = await store.open("docs", { dimension: 3, metric: metricOf(store) });
      const records = Array.from({ length: (store.capabilities.maxBatchSize ?? 0) + 1 }, (_, i) =>
        record(`${i}`),
      );
      const outcome = await outcomeOf(() => raw.upsert(records));
      if (outcome.status === "rejected") return;
      await sees(store, context, async () => {
        assertRecords(await collection.get(records.map(({ id }) => id)), records);
      });
    },
  },
  {
    id: "vector-store/upsert/empty-input",
    title: "takes an empty list, and does nothing",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a")]);
      await collection.upsert([]);
      await sees(store, context, async () => assertRecords(await collection.get(["a"]), [record("a")]));
    },
  },
  {
    id: "vector-store/upsert/unknown-id",
    title: "stores a record whose id was never seen or was deleted",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a", [1, 0, 0], { text: "first" })]);
      await collection.delete(["a"]);
      await collection.upsert([record("a", [0, 1, 0])]);
      await sees(store, context, async () =>
        assertRecords(await collection.get(["a"]), [record("a", [0, 1, 0])]),
      );
    },
  },
  {
    id: "vector-store/upsert/duplicate",
    title: "leaves one record when the same one is stored again",
    async run(store, context) {
      const collection = await openCollection(store);
      const same = record("a", [1, 0, 0], { text: "same", metadata: { n: 1 } });
      await collection.upsert([same]);
      await collection.upsert([same, record("b", [0, 1, 0])]);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["a"]), [same]);
        assert.deepStrictEqual(idsOf(await collection.query(ask, { topK: topKOf(store, 10) })), ["a", "b"]);
      });
    },
  },
  {
    id: "vector-store/upsert/concurrent",
    title: "stores all of many batches at once, and of two for one id one, whole",
    async run(store, context) {
      const collection = await openCollection(store);
      const versions = Array.from({ length: 8 }, (_, i) =>
        record("same", [i, i, i], { text: `${i}`, metadata: { i } }),
      );
      const others = versions.map((_, i) => record(`other ${i}`, [0, i, 1]));
      await Promise.all(
        versions.map((version, i) => collection.upsert([version, others[i] as VectorRecord])),
      );
      await sees(store, context, async () => {
        assertRecords(await collection.get(others.map(({ id }) => id)), others);
        const [winner] = await collection.get(["same"]);
        assertRecords([winner], [versions[Number(winner?.text)]]);
      });
    },
  },
  {
    id: "vector-store/get/works",
    title: "reads records in the order asked",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a", [1, 0, 0]), record("b", [0, 1, 0]), record("c", [0, 0, 1])]);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["c", "a"]), [record("c", [0, 0, 1]), record("a", [1, 0, 0])]);
      });
    },
  },
  {
    id: "vector-store/get/empty-input",
    title: "answers an empty list of ids with an empty list",
    async run(store) {
      const collection = await openCollection(store);
      await collection.upsert([record("a")]);
      assert.deepStrictEqual(await collection.get([]), []);
    },
  },
  {
    id: "vector-store/get/unknown-id",
    title: "answers undefined in the place of an id that is not there",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a")]);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["never", "a", "A"]), [undefined, record("a"), undefined]);
      });
    },
  },
  {
    id: "vector-store/get/duplicate",
    title: "answers an id that is asked for twice in both places",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a", [1, 0, 0]), record("b", [0, 1, 0])]);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["b", "a", "b"]), [
          record("b", [0, 1, 0]),
          record("a"),
          record("b", [0, 1, 0]),
        ]);
      });
    },
  },
  {
    id: "vector-store/get/concurrent",
    title: "reads whole records while they are replaced",
    async run(store) {
      const collection = await openCollection(store);
      const version = (i: number): VectorRecord => record("a", [i, i, i], { text: `${i}`, metadata: { i } });
      await collection.upsert([version(0)]);
      await interleave(
        (round) => collection.upsert([version(round)]),
        async () => {
          const [found] = await collection.get(["a"]);
          if (store.capabilities.consistency === "immediate")
            assert.ok(found, "a record was missing while it was replaced");
          if (found) assertRecords([found], [version(Number(found.text))]);
        },
      );
    },
  },
  {
    id: "vector-store/delete/works",
    title: "deletes records, so that neither get nor query finds them",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a"), record("b", [0, 1, 0]), record("c", [0, 0, 1])]);
      await collection.delete(["a", "c"]);
      await sees(store, context, async () => {
        assertRecords(await collection.get(["a", "b", "c"]), [undefined, record("b", [0, 1, 0]), undefined]);
        assert.deepStrictEqual(idsOf(await collection.query(ask, { topK: topKOf(store, 3) })), ["b"]);
      });
    },
  },
  {
    id: "vector-store/delete/empty-input",
    title: "takes an empty list, and deletes nothing",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a")]);
      await collection.delete([]);
      await sees(store, context, async () => assertRecords(await collection.get(["a"]), [record("a")]));
    },
  },
  {
    id: "vector-store/delete/unknown-id",
    title: "deletes an id that is not there without an error, and the others all the same",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a"), record("b")]);
      await collection.delete(["never", "a"]);
      await sees(store, context, async () =>
        assertRecords(await collection.get(["a", "b"]), [undefined, record("b")]),
      );
    },
  },
  {
    id: "vector-store/delete/duplicate",
    title: "deletes a record twice without an error",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a"), record("b")]);
      await collection.delete(["a"]);
      await collection.delete(["a"]);
      await sees(store, context, async () =>
        assertRecords(await collection.get(["a", "b"]), [undefined, record("b")]),
      );
    },
  },
  {
    id: "vector-store/delete/concurrent",
    title: "deletes what many delete at once, and keeps what is stored at the same time",
    async run(store, context) {
      const collection = await openCollection(store);
      const old = Array.from({ length: 10 }, (_, i) => record(`old ${i}`));
      const fresh = old.map((_, i) => record(`new ${i}`));
      await collection.upsert(old);
      await Promise.all([
        ...old.map(({ id }) => collection.delete([id])),
        ...old.map(({ id }) => collection.delete([id])),
        ...fresh.map((one) => collection.upsert([one])),
      ]);
      await sees(store, context, async () => {
        assertRecords(
          await collection.get(old.map(({ id }) => id)),
          old.map(() => undefined),
        );
        assertRecords(await collection.get(fresh.map(({ id }) => id)), fresh);
      });
    },
  },
];
