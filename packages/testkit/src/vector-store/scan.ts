import assert from "node:assert/strict";
import type { PageOptions, VectorCollection, VectorRecord, VectorStore } from "@keelson/core";
import { casesWhen } from "../conformance/cases-when.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { awkwardStrings, byCodeUnits } from "../fixtures/strings.ts";
import { assertRecords, canScan, openCollection, record, sees } from "./subject.ts";

const numbered = (count: number): VectorRecord[] =>
  Array.from({ length: count }, (_, i) => record(String(i).padStart(4, "0"), [i, 1, 0]));

/** Enumerating, where the store can. */
export const scanCases: readonly ConformanceCase<VectorStore>[] = casesWhen<VectorStore>(canScan, [
  {
    id: "vector-store/scan/works",
    title: "lists whole records by ascending id, by UTF-16 code units",
    async run(store, context) {
      const collection = await openCollection(store);
      const records = awkwardStrings.map((id, i) => record(id, [i, 1, 0], { text: id, metadata: { i } }));
      await collection.upsert(records);
      const expected = [...records].sort((a, b) => byCodeUnits(a.id, b.id));
      await sees(store, context, async () => assertRecords(await scan(collection), expected));
    },
  },
  {
    id: "vector-store/scan/works/limit",
    title: "returns `limit` records at the most, 1,000 where none is given, from behind `after`",
    async run(store, context) {
      const collection = await openCollection(store);
      const records = numbered(1001);
      await collection.upsert(records);
      await sees(store, context, async () => {
        assertRecords(await scan(collection), records.slice(0, 1000));
        assertRecords(await scan(collection, { limit: 1 }), records.slice(0, 1));
        assertRecords(await scan(collection, { after: "0001", limit: 3 }), records.slice(2, 5));
        assertRecords(await scan(collection, { after: "0999" }), records.slice(1000));
      });
    },
  },
  {
    id: "vector-store/scan/empty-input",
    title: "lists nothing of an empty collection",
    async run(store) {
      assertRecords(await scan(await openCollection(store)), []);
    },
  },
  {
    id: "vector-store/scan/unknown-id",
    title: "starts behind an `after` that is not there, and lists nothing that was deleted",
    async run(store, context) {
      const collection = await openCollection(store);
      await collection.upsert([record("a"), record("b"), record("c"), record("d")]);
      await collection.delete(["b", "d"]);
      await sees(store, context, async () => {
        assertRecords(await scan(collection), [record("a"), record("c")]);
        assertRecords(await scan(collection, { after: "b" }), [record("c")]);
        assertRecords(await scan(collection, { after: "z" }), []);
      });
    },
  },
  {
    id: "vector-store/scan/duplicate",
    title: "gives every record exactly once when read page by page, whatever the page's size",
    async run(store, context) {
      const collection = await openCollection(store);
      const records = numbered(25);
      await collection.upsert(records);
      await collection.upsert(records);
      await sees(store, context, async () => {
        for (const limit of [1, 7, 25, 26]) {
          const read: VectorRecord[] = [];
          while (true) {
            const page = await scan(collection, { after: read.at(-1)?.id, limit });
            read.push(...page);
            assert.ok(read.length <= records.length, "paging gave a record twice");
            if (page.length < limit) break;
          }
          assertRecords(read, records);
        }
      });
    },
  },
  {
    id: "vector-store/scan/concurrent",
    title: "lists every record that stays, while others come and go",
    async run(store) {
      const collection = await openCollection(store);
      const stay = numbered(20);
      await collection.upsert(stay);
      await interleave(
        async (round) => {
          await collection.upsert([record(`000${round}x`)]);
          await collection.delete([`000${round}x`]);
        },
        async () => {
          const page = await scan(collection);
          if (store.capabilities.consistency === "immediate")
            assertRecords(
              page.filter(({ id }) => !id.endsWith("x")),
              stay,
            );
        },
      );
    },
  },
]);

async function scan(collection: VectorCollection, options?: PageOptions): Promise<VectorRecord[]> {
  assert.ok(collection.scan);
  return collection.scan(options);
}
