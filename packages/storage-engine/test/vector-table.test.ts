import type { VectorMetric } from "@keelson/core";
import { createVectorTable, type VectorTable } from "@keelson/storage-engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadKernel } from "../src/kernel/load-kernel.ts";
import { sieveRows } from "../src/sieve-rows.ts";
import { createSimilarity, inverseNorm, squaredLength } from "../src/similarity.ts";
import { createSlabs } from "../src/slabs.ts";
import { random } from "./random.ts";

const METRICS: readonly VectorMetric[] = ["cosine", "dot", "euclidean"];
const metric = fc.constantFrom(...METRICS);

// Everyday numbers, numbers that collide, and the ends of what a float can be.
const number = fc.oneof(
  { weight: 6, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true, min: -4, max: 4 }) },
  { weight: 3, arbitrary: fc.constantFrom(0, -0, 1, -1, Math.fround(0.1)) },
  { weight: 1, arbitrary: fc.constantFrom(3.4e38, -3.4e38, 1e-45, -1e-45, 1e-20, 1e20, 1e-38) },
  { weight: 1, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
);
const vectors = fc
  .record({ dimension: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 70 })) })
  .chain(({ dimension }) =>
    fc.array(
      fc.array(number, { minLength: dimension, maxLength: dimension }).map((row) => Float32Array.from(row)),
      { minLength: 2, maxLength: 40 },
    ),
  );

/** One table with a kernel and one without, in slabs of few rows. */
function createPair(dimension: number, metric: VectorMetric): [VectorTable, VectorTable] {
  const bytesPerSlab = 4 * dimension * 7;
  return [
    createVectorTable("docs", dimension, metric, { kernel: loadKernel(), bytesPerSlab, smallBytes: 0 }),
    createVectorTable("docs", dimension, metric, { bytesPerSlab, smallBytes: 0 }),
  ];
}

describe(createVectorTable.name, () => {
  it("answers the same, bit for bit, with a kernel and without", () => {
    fc.assert(
      fc.property(
        metric,
        vectors,
        fc.integer({ min: 1, max: 12 }),
        fc.boolean(),
        fc.nat(),
        (metric, [query = new Float32Array(1), ...rows], topK, filtered, removed) => {
          const pair = createPair(query.length, metric);
          const answers = pair.map((table) => {
            for (const [n, vector] of rows.entries())
              table.upsert(
                { id: `id-${(n * 7) % 41}`, vector, text: undefined, metadata: { odd: n % 2 } },
                0,
              );
            table.delete(`id-${removed % 41}`);
            table.upsert({ id: "again", vector: query, text: undefined, metadata: { odd: 1 } }, 0);
            return table.query(query, topK, filtered ? (metadata) => metadata?.odd === 1 : undefined);
          });
          expect(answers[0]).toStrictEqual(answers[1]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("breaks ties by id in either way, also between scores that differ by less than the kernel sees", () => {
    for (const metric of METRICS) {
      const pair = createPair(3, metric);
      const answers = pair.map((table) => {
        for (let n = 0; n < 30; n++)
          table.upsert({
            id: `id-${(n * 7) % 30}`,
            vector: Float32Array.of(1, 1 + n * 2 ** -23, 1 - (n % 3) * 2 ** -24),
            text: undefined,
            metadata: undefined,
          });
        return table.query(Float32Array.of(1, 1, 1), 9, undefined).map(({ id, score }) => [id, score]);
      });
      expect(answers[0]).toEqual(answers[1]);
    }
  });

  it("finds what the kernel measures as 0 because its products are too small for a float", () => {
    const dimension = 64;
    const query = new Float32Array(dimension).fill(1e-20);
    for (const metric of ["cosine", "dot"] as const) {
      const answers = createPair(dimension, metric).map((table) => {
        const vector = new Float32Array(dimension).fill(6.9e-26);
        table.upsert({ id: "best", vector, text: undefined, metadata: undefined }, 0);
        const one = new Float32Array(dimension).fill(1.3e-25, 0, 1);
        table.upsert({ id: "other", vector: one, text: undefined, metadata: undefined }, 0);
        return table.query(query, 1, undefined).map(({ id }) => id);
      });
      expect(answers).toEqual([["best"], ["best"]]);
    }
  });
});

describe(sieveRows.name, () => {
  it("keeps little more than the best of many rows", () => {
    const next = random(1);
    const dimension = 96;
    const rows = 5000;
    for (const metric of METRICS) {
      const slabs = createSlabs(dimension, { kernel: loadKernel(), bytesPerSlab: 1 << 18 });
      const inverseNorms: number[] = [];
      for (let row = 0; row < rows; row++) {
        const vector = Float32Array.from({ length: dimension }, next);
        slabs.write(row, vector);
        inverseNorms.push(inverseNorm(squaredLength(vector, 0, dimension)));
      }
      const query = Float32Array.from({ length: dimension }, next);
      const similarity = createSimilarity(metric, query);
      const found = sieveRows({ slabs, rows, accepts: undefined, similarity, query, inverseNorms, topK: 10 });
      expect(found.length).toBeGreaterThanOrEqual(10);
      expect(found.length).toBeLessThan(15);
    }
  });
});
