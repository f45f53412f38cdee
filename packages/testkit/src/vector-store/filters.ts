import assert from "node:assert/strict";
import {
  compileFilter,
  type Filter,
  type Metadata,
  type VectorRecord,
  type VectorStore,
} from "@keelson/core";
import fc from "fast-check";
import { casesWhen } from "../conformance/cases-when.ts";
import type { CaseContext, ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { awkwardStrings } from "../fixtures/strings.ts";
import { idsOf, openCollection, record, sees, topKOf } from "./subject.ts";

const metadata: readonly (Metadata | undefined)[] = [
  undefined,
  {},
  { a: null },
  { a: 1 },
  { a: 2, b: "x" },
  { a: "1" },
  { a: "one", b: "y" },
  { a: true },
  { a: false, b: null },
  { a: [] },
  { a: [1, 2] },
  { a: ["one", null, true], b: "x" },
  { a: { b: 1 } },
  { a: { b: [1, "x"] }, b: { c: { d: false } } },
  { "a.b": 1 },
  { a: -0.5, b: 1e21 },
  { a: "é", b: "e\u0301" },
  { a: "\uff5e", b: "😀" },
  JSON.parse('{"__proto__":1,"constructor":"x"}') as Metadata,
  { "": "empty name", a: "" },
];

/** Every operator on every kind of operand. */
const filters: readonly Filter[] = [
  ...(
    [null, true, false, 0, 1, 2, -0.5, 1e21, "", "1", "one", "x", "é", "e\u0301", "\uff5e", "😀"] as const
  ).flatMap((operand): Filter[] => [
    { field: "a", eq: operand },
    { field: "a", ne: operand },
    { field: "b", in: [operand, "y"] },
    { field: "b", nin: [operand, "y"] },
    ...(typeof operand === "string" || typeof operand === "number"
      ? [
          { field: "a", gt: operand },
          { field: "a", gte: operand },
          { field: "a", lt: operand },
          { field: "a", lte: operand },
          { field: "b", gte: operand },
        ]
      : []),
  ]),
  { field: "a", in: [] },
  { field: "a", nin: [] },
  { field: "a", in: [1, "1", true, null] },
  ...["a", "b", "missing", "a.b", "", "__proto__", "constructor", "toString", "length"].flatMap(
    (field): Filter[] => [
      { field, exists: true },
      { field, exists: false },
      { field, ne: 1 },
    ],
  ),
  { field: ["a", "b"], eq: 1 },
  { field: ["a", "b"], exists: true },
  { field: ["b", "c", "d"], eq: false },
  { field: ["a", "0"], exists: true },
  { field: "a", gt: 0, lt: 2 },
  { field: "a", eq: 1, ne: 2 },
  { and: [] },
  { or: [] },
  { not: { field: "a", exists: true } },
  { not: { not: { field: "a", eq: 1 } } },
  {
    and: [
      { field: "a", exists: true },
      { field: "b", eq: "x" },
    ],
  },
  {
    or: [
      { field: "a", eq: 1 },
      { field: "b", eq: "y" },
    ],
  },
  {
    not: {
      or: [
        { field: "a", eq: 1 },
        {
          and: [
            { field: "b", exists: true },
            { field: "b", ne: "x" },
          ],
        },
      ],
    },
  },
];

const scalar = fc.constantFrom(null, true, 0, 1, 2, "", "1", "x", "y");
const field = fc.constantFrom("a", "b", ["a", "b"]);
const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    fc.record({ field, eq: scalar }),
    fc.record({ field, ne: scalar, exists: fc.boolean() }, { requiredKeys: ["field", "ne"] }),
    fc.record({ field, in: fc.array(scalar, { maxLength: 3 }) }),
    fc.record({ field, nin: fc.array(scalar, { maxLength: 3 }) }),
    fc.record({ field, gte: fc.constantFrom(0, 1, "1", "x") }),
    fc.record({ field, gt: fc.constantFrom(0, 1, "1"), lte: fc.constantFrom(1, 2, "x") }),
    fc.record({ field, exists: fc.boolean() }),
    fc.record({ not: tie("filter") }),
    fc.record({ and: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie("filter"), { maxLength: 3 }) }),
  ),
})).filter;

const accepting = casesWhen<VectorStore>(
  (store) => store.capabilities.filters,
  [
    {
      id: "vector-store/query/filters",
      title:
        "accepts exactly the records that core's own filter accepts, for every operator and kind of value",
      async run(store, context) {
        await assertFilters(store, context, metadata, filters);
      },
    },
    {
      id: "vector-store/query/filters/awkward-strings",
      title: "compares strings of every kind of Unicode by code units, as names and as values",
      async run(store, context) {
        const records = awkwardStrings.map((text): Metadata => ({ text, [text]: true }));
        const wanted = awkwardStrings.flatMap((text): Filter[] => [
          { field: "text", eq: text },
          { field: "text", gt: text },
          { field: [text], exists: true },
        ]);
        await assertFilters(store, context, records, wanted);
      },
    },
    {
      id: "vector-store/query/filters/any",
      title: "accepts exactly what core's own filter accepts, for any filter (property)",
      async run(store, context) {
        const records = await filled(store, metadata);
        await fc.assert(
          fc.asyncProperty(anyFilter, (filter) => records.assertFilter(context, filter)),
          { seed: 3, numRuns: 150 },
        );
      },
    },
    {
      id: "vector-store/query/filters/narrow",
      title: "searches among what the filter accepts, so that topK matches come back where that many exist",
      async run(store, context) {
        const collection = await openCollection(store);
        const near = Array.from({ length: 100 }, (_, i) =>
          record(`near ${i}`, [1, 0, i / 1e4], { metadata: { keep: false } }),
        );
        const far = Array.from({ length: 5 }, (_, i) =>
          record(`far ${i}`, [-1, 0, -i], { metadata: { keep: true } }),
        );
        await collection.upsert([...near, ...far]);
        const topK = topKOf(store, 3);
        await sees(store, context, async () => {
          const matches = await collection.query(Float32Array.of(1, 0, 0), {
            topK,
            filter: { field: "keep", eq: true },
          });
          assert.ok(
            matches.length >= Math.floor(topK * store.capabilities.recall),
            "too few matches, although more records meet the filter",
          );
          assert.ok(idsOf(matches).every((id) => id.startsWith("far")));
        });
      },
    },
  ],
);

/** Filtering, or saying that it can't. */
export const filterCases: readonly ConformanceCase<VectorStore>[] = [
  ...accepting,
  {
    id: "vector-store/query/unsupported/filter",
    title: "rejects a filter with CAPABILITY_UNSUPPORTED, which it does not declare, and never ignores it",
    when: (store) => !store.capabilities.filters,
    async run(store) {
      const collection = await openCollection(store);
      await collection.upsert([record("a", [1, 0, 0], { metadata: { n: 1 } })]);
      const filter: Filter = { field: "n", eq: 2 };
      await rejection("CAPABILITY_UNSUPPORTED", () =>
        collection.query(Float32Array.of(1, 0, 0), { topK: 1, filter }),
      );
    },
  },
];

async function assertFilters(
  store: VectorStore,
  context: CaseContext<VectorStore>,
  parts: readonly (Metadata | undefined)[],
  wanted: readonly Filter[],
): Promise<void> {
  const records = await filled(store, parts);
  for (const filter of wanted) await records.assertFilter(context, filter);
}

/** A collection with one record a metadata, and how to hold its filter against core's. */
async function filled(store: VectorStore, parts: readonly (Metadata | undefined)[]) {
  const collection = await openCollection(store);
  const records: VectorRecord[] = parts.map((part, i) =>
    record(String(i).padStart(3, "0"), [1, i, 0], part && { metadata: part }),
  );
  await collection.upsert(records);

  return {
    async assertFilter(context: CaseContext<VectorStore>, filter: Filter): Promise<void> {
      const accepts = compileFilter(filter);
      const expected = records.filter((one) => accepts(one.metadata)).map(({ id }) => id);
      const topK = topKOf(store, records.length);
      await sees(store, context, async () => {
        const found = idsOf(await collection.query(Float32Array.of(1, 0, 0), { topK, filter })).sort();
        const strays = found.filter((id) => !expected.includes(id));
        assert.deepStrictEqual(strays, [], `${JSON.stringify(filter)} accepted what core's filter does not`);
        // A store that is not exact, or answers fewer, may miss some.
        if (store.capabilities.recall === 1 && topK === records.length)
          assert.deepStrictEqual(
            found,
            expected,
            `${JSON.stringify(filter)} refused what core's filter accepts`,
          );
      });
    },
  };
}
