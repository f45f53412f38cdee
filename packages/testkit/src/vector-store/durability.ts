import type { VectorStore } from "@keelson/core";
import { casesWhen } from "../conformance/cases-when.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { awkwardJson } from "../fixtures/json-values.ts";
import { awkwardStrings } from "../fixtures/strings.ts";
import { wholeVectors } from "../fixtures/vectors.ts";
import { assertExact } from "./ranking.ts";
import { assertRecords, metricOf, openCollection, record, sees, topKOf } from "./subject.ts";

/** What is there after reopening a store that says it is durable. */
export const durabilityCases: readonly ConformanceCase<VectorStore>[] = casesWhen<VectorStore>(
  (store) => store.capabilities.durable,
  [
    {
      id: "vector-store/upsert/durable",
      title: "has every acknowledged record after reopening, as it was last stored",
      async run(store, context) {
        const collection = await openCollection(store);
        const records = [
          ...awkwardStrings.map((id, i) => record(`id ${id}`, [i, 0.1, -i], { text: id })),
          ...awkwardJson.map((value, i) => record(`value ${i}`, [1, 1, i], { metadata: { value } })),
          record("replaced", [0, 0, 1], { text: "new" }),
        ];
        await collection.upsert([record("replaced", [1, 0, 0], { text: "old", metadata: { old: true } })]);
        await collection.upsert(records);
        const reopened = await context.reopen();
        const again = await openCollection(reopened);
        await sees(reopened, context, async () => {
          assertRecords(await again.get(records.map(({ id }) => id)), records);
        });
      },
    },
    {
      id: "vector-store/delete/durable",
      title: "does not bring back what was deleted before reopening",
      async run(store, context) {
        const collection = await openCollection(store);
        await collection.upsert([record("a"), record("b")]);
        await collection.delete(["a"]);
        const reopened = await context.reopen();
        const again = await openCollection(reopened);
        await sees(reopened, context, async () =>
          assertRecords(await again.get(["a", "b"]), [undefined, record("b")]),
        );
      },
    },
    {
      id: "vector-store/upsert/durable/concurrent",
      title: "has all of many batches acknowledged at once after reopening",
      async run(store, context) {
        const collection = await openCollection(store);
        const records = Array.from({ length: 50 }, (_, i) => record(`${i}`, [i, 1, 0]));
        await Promise.all(records.map((one) => collection.upsert([one])));
        const reopened = await context.reopen();
        const again = await openCollection(reopened);
        await sees(reopened, context, async () => {
          assertRecords(await again.get(records.map(({ id }) => id)), records);
        });
      },
    },
    {
      id: "vector-store/query/durable",
      title: "searches what was stored before reopening together with what came after",
      when: (store) => store.capabilities.durable && store.capabilities.recall === 1,
      async run(store, context) {
        const records = wholeVectors(40, 3, 11).map((vector, i) => ({ id: `${i}`, vector }));
        await (await openCollection(store)).upsert(records.slice(0, 20));
        const reopened = await context.reopen();
        const again = await openCollection(reopened);
        await again.upsert(records.slice(20));
        const query = Float32Array.of(1, 2, 3);
        const topK = topKOf(reopened, 40);
        await sees(reopened, context, async () => {
          assertExact(await again.query(query, { topK }), records, query, {
            topK,
            metric: metricOf(reopened),
          });
        });
      },
    },
  ],
);
