import type { VectorMetric, VectorRecord } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadKernel } from "../src/kernel/load-kernel.ts";
import { createSimilarity, inverseNorm, squaredLength } from "../src/similarity.ts";
import { createVectorTable, type VectorTable } from "../src/vector-table.ts";

const DIMENSION = 3;
const IDS = Array.from({ length: 60 }, (_, n) => (n % 4 === 0 ? `p/${n}` : `${n}`));

const id = fc.constantFrom(...IDS);
const vector = fc
  .array(fc.constantFrom(0, -0, 1, -2, 0.5, 3e38, 1e-45), { minLength: DIMENSION, maxLength: DIMENSION })
  .map((numbers) => Float32Array.from(numbers));
interface Content {
  readonly vector: Float32Array;
  readonly text: string | undefined;
  readonly metadata: { readonly odd: boolean } | undefined;
}
const content: fc.Arbitrary<Content> = fc.record({
  vector,
  text: fc.option(fc.constantFrom("", "t", "u"), { nil: undefined }),
  metadata: fc.option(fc.record({ odd: fc.boolean() }, { noNullPrototype: true }), { nil: undefined }),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ upsert: id, content }) },
  { weight: 4, arbitrary: fc.record({ delete: id }) },
  { weight: 1, arbitrary: fc.record({ get: id }) },
  {
    weight: 2,
    arbitrary: fc.record({
      page: fc.option(id, { nil: undefined }),
      prefix: fc.constantFrom("", "p/", "1"),
      limit: fc.integer({ min: 1, max: 9 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ part: fc.option(id, { nil: undefined }), most: fc.nat({ max: 9 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ query: vector, topK: fc.integer({ min: 1, max: 9 }), odd: fc.boolean() }),
  },
);

type Model = Map<string, VectorRecord>;

/** A record as a table gives it: without what was not given. */
function recordOf(key: string, { vector, text, metadata }: Content): VectorRecord {
  return {
    id: key,
    vector,
    ...(text !== undefined && { text }),
    ...(metadata !== undefined && { metadata }),
  };
}

/** Loads records as they come from a medium, a block behind the other. */
function load(table: VectorTable, records: readonly VectorRecord[], perBlock: number): void {
  for (let start = 0; start < records.length; start += perBlock) {
    const block = records.slice(start, start + perBlock);
    const flat = block.flatMap(({ vector }) => [...vector]);
    for (const piece of table.room(block.length)) piece.set(flat.splice(0, piece.length));
    const columns = { texts: block.map(({ text }) => text), metadata: block.map((each) => each.metadata) };
    table.load({ ids: block.map((each) => each.id), ...columns }, 2);
  }
}

function bestOf(
  model: Model,
  metric: VectorMetric,
  query: Float32Array,
  topK: number,
  odd: boolean,
): unknown {
  const { measureAt, score } = createSimilarity(metric, query);
  return [...model.values()]
    .filter(({ metadata }) => !odd || metadata?.odd === true)
    .map(({ vector, ...rest }) => ({
      ...rest,
      score: score(measureAt(vector, 0), inverseNorm(squaredLength(vector, 0, DIMENSION))),
    }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
    .slice(0, topK);
}

describe(`${createVectorTable.name} of loaded rows`, () => {
  it("answers what a map and a full sort answer, whatever is replaced, deleted and read of them", () => {
    fc.assert(
      fc.property(
        fc.record({
          metric: fc.constantFrom<VectorMetric>("cosine", "dot", "euclidean"),
          options: fc.record({
            kernel: fc.constantFrom(loadKernel(), undefined),
            quantization: fc.constantFrom("none" as const, "int8" as const),
            bytesPerSlab: fc.constantFrom(4 * DIMENSION, 4 * DIMENSION * 7, 1 << 20),
            smallBytes: fc.constantFrom(0, 1 << 20),
          }),
          loaded: fc.uniqueArray(fc.tuple(id, content), { selector: ([key]) => key, maxLength: IDS.length }),
          perBlock: fc.integer({ min: 1, max: 20 }),
          steps: fc.array(step, { maxLength: 60, size: "max" }),
        }),
        ({ metric, options, loaded, perBlock, steps }) => {
          const table = createVectorTable("docs", DIMENSION, metric, options);
          const model: Model = new Map();
          const sorted = (): VectorRecord[] => [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
          for (const [key, each] of loaded) model.set(key, recordOf(key, each));
          load(table, sorted(), perBlock);
          for (const each of [...steps, { page: undefined, prefix: "", limit: 100 }]) {
            if ("upsert" in each) {
              table.upsert({ id: each.upsert, ...each.content }, 2);
              model.set(each.upsert, recordOf(each.upsert, each.content));
            } else if ("delete" in each) {
              table.delete(each.delete);
              model.delete(each.delete);
            } else if ("get" in each) {
              expect(table.get(each.get)).toStrictEqual(model.get(each.get));
            } else if ("page" in each) {
              const { page: after, prefix, limit } = each;
              const behind = sorted().filter((record) => after === undefined || record.id > after);
              const page = behind.filter((record) => record.id.startsWith(prefix)).slice(0, limit);
              expect(table.page({ prefix, after, limit })).toStrictEqual(page);
            } else if ("part" in each) {
              const { part: after, most } = each;
              const behind = sorted().filter((record) => after === undefined || record.id > after);
              const part = behind.slice(0, Math.max(1, Math.floor(most / 2)));
              expect(table.part(after, most)).toStrictEqual({
                ids: part.map((record) => record.id),
                texts: part.map(({ text }) => text),
                metadata: part.map(({ metadata }) => metadata),
                vectors: Float32Array.from(part.flatMap(({ vector }) => [...vector])),
              });
            } else {
              const { query, topK, odd } = each;
              const accepts = odd
                ? (metadata: VectorRecord["metadata"]) => metadata?.odd === true
                : undefined;
              expect(table.query(query, topK, accepts)).toStrictEqual(
                bestOf(model, metric, query, topK, odd),
              );
            }
            expect([table.size, table.bytes]).toEqual([model.size, 2 * model.size]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
