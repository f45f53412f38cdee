import assert from "node:assert/strict";
import type { Filter, Metadata, VectorCollection, VectorRecord, VectorStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { brokenStrings } from "../fixtures/strings.ts";
import { strictAbortVectorCases } from "./abort.ts";
import { assertRecords, canScan, metricOf, openCollection, record, sees } from "./subject.ts";

const brokenIds = ["", "x".repeat(1025), ...brokenStrings];
const ask = Float32Array.of(1, 0, 0);

/** What a vector store must satisfy besides when users call it themselves, with nobody in front to check. */
export const strictVectorStoreCases: readonly ConformanceCase<VectorStore>[] = [
  ...strictAbortVectorCases,
  {
    id: "vector-store/open/refuses",
    title: "refuses malformed names with KEY_INVALID and dimensions with ARGUMENT_INVALID, and opens nothing",
    async run(store) {
      const metric = metricOf(store);
      for (const name of ["", "x".repeat(257), ...brokenStrings])
        await rejection("KEY_INVALID", () => store.open(name, { dimension: 3, metric }));
      for (const dimension of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        await rejection("ARGUMENT_INVALID", () => store.open("docs", { dimension, metric }));
      assert.deepStrictEqual(await store.list(), []);
    },
  },
  {
    id: "vector-store/upsert/refuses/ids",
    title:
      "refuses malformed ids with ID_INVALID and repeated ones with ID_DUPLICATE, and stores nothing of the batch",
    async run(store, context) {
      const collection = await openCollection(store);
      for (const id of brokenIds)
        await rejection("ID_INVALID", () => collection.upsert([record("before"), record(id)]));
      const twice = [record("before"), record("twice"), record("twice", [0, 1, 0])];
      const { details } = await rejection("ID_DUPLICATE", () => collection.upsert(twice));
      assert.equal(details.id, "twice");
      await sees(store, context, () => untouched(collection));
    },
  },
  {
    id: "vector-store/upsert/refuses/vectors",
    title: "refuses vectors of another length or that are not finite, names the record, and stores nothing",
    async run(store, context) {
      const collection = await openCollection(store);
      for (const numbers of [[], [1, 2], [1, 2, 3, 4]]) {
        const wrong = [record("before"), record("wrong", numbers)];
        const { details } = await rejection("VECTOR_DIMENSION_MISMATCH", () => collection.upsert(wrong));
        assert.deepStrictEqual({ ...details }, { expected: 3, actual: numbers.length, id: "wrong" });
      }
      for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const wrong = [record("before"), record("wrong", [0, number, 0])];
        const { details } = await rejection("VECTOR_NOT_FINITE", () => collection.upsert(wrong));
        assert.deepStrictEqual({ ...details }, { position: 1, id: "wrong" });
      }
      await sees(store, context, () => untouched(collection));
    },
  },
  {
    id: "vector-store/upsert/refuses/metadata",
    title: "refuses metadata that is no JSON object with VALUE_INVALID, and stores nothing",
    async run(store, context) {
      const collection = await openCollection(store);
      const values = [Number.NaN, 1n, () => 1, new Date(0), new Map(), Symbol("s")];
      const wrong = [...values.map((value) => ({ value })), [1], null, "text", 1] as unknown as Metadata[];
      for (const metadata of wrong)
        await rejection("VALUE_INVALID", () =>
          collection.upsert([record("before"), record("wrong", [1, 0, 0], { metadata })]),
        );
      await sees(store, context, () => untouched(collection));
    },
  },
  {
    id: "vector-store/query/refuses",
    title: "refuses a malformed topK, vector or filter with the code of each",
    async run(store) {
      const collection = await openCollection(store);
      for (const topK of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        await rejection("TOP_K_INVALID", () => collection.query(ask, { topK }));
      await rejection("VECTOR_DIMENSION_MISMATCH", () =>
        collection.query(Float32Array.of(1, 0), { topK: 1 }),
      );
      await rejection("VECTOR_NOT_FINITE", () =>
        collection.query(Float32Array.of(1, 0, Number.NaN), { topK: 1 }),
      );
    },
  },
  {
    id: "vector-store/query/refuses/filter",
    title: "refuses a malformed filter with FILTER_INVALID, though the collection is empty",
    when: (store) => store.capabilities.filters,
    async run(store) {
      const collection = await openCollection(store);
      const wrong: unknown[] = [
        {},
        { field: "a" },
        { field: "a", like: "b" },
        { field: "a", eq: [] },
        { field: "a", gt: null },
        { field: "a", eq: undefined },
        { field: [], eq: 1 },
        { and: {} },
        { xor: [] },
        { and: [], or: [] },
        [],
        null,
        "a = 1",
      ];
      for (const filter of wrong)
        await rejection("FILTER_INVALID", () => collection.query(ask, { topK: 1, filter: filter as Filter }));
    },
  },
  {
    id: "vector-store/scan/refuses",
    title: "refuses a limit that is no whole number of at least 1 with ARGUMENT_INVALID",
    when: canScan,
    async run(store) {
      const collection = await openCollection(store);
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
        await rejection("ARGUMENT_INVALID", () => collection.scan?.({ limit }));
    },
  },
  {
    id: "vector-store/drop/refuses",
    title: "makes every call through a handle to a dropped collection reject with COLLECTION_NOT_FOUND",
    async run(store) {
      const collection = await openCollection(store);
      await collection.upsert([record("a")]);
      await store.drop("docs");
      const calls = [
        () => collection.upsert([record("a")]),
        () => collection.delete(["a"]),
        () => collection.get(["a"]),
        () => collection.query(ask, { topK: 1 }),
        ...(collection.scan ? [() => collection.scan?.()] : []),
      ];
      for (const call of calls) {
        const { details } = await rejection("COLLECTION_NOT_FOUND", call);
        assert.equal(details.collection, "docs");
      }
      assert.deepStrictEqual(await store.list(), []);
    },
  },
];

async function untouched(collection: VectorCollection): Promise<void> {
  const none: (VectorRecord | undefined)[] = [undefined, undefined, undefined];
  assertRecords(await collection.get(["before", "wrong", "twice"]), none);
}
