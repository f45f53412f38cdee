import type { VectorMatch, VectorMetric } from "@keelson/core";
import { createVectorTable, type VectorTable } from "@keelson/storage-engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCodedQuery } from "../src/coded-query.ts";
import { type Kernel, loadKernel } from "../src/kernel/load-kernel.ts";
import { createSlabs } from "../src/slabs.ts";
import { random } from "./random.ts";

const METRICS: readonly VectorMetric[] = ["cosine", "dot", "euclidean"];

/** A vector of one of the kinds that codes hold badly, or well. */
function vector(kind: number, dimension: number, next: () => number): Float32Array {
  const plain = Float32Array.from({ length: dimension }, next);
  const place = Math.floor(((next() + 1) / 2) * dimension) % dimension;
  switch (kind) {
    case 0:
      return new Float32Array(dimension);
    case 1:
      return plain.map((x) => x * 1e-43);
    case 2:
      return plain.map((x) => x * 1e30);
    case 3:
      return plain.map((x) => x * 1e-30);
    case 4:
      return new Float32Array(dimension).fill(1);
    case 5:
      return plain.map((x, i) => (i === place ? 300 : x));
    case 6:
      return plain.map((_, i) => (i === place ? -1 : 0));
    case 7:
      return plain.map((x) => Math.sign(x) * (1 + x * 2 ** -20));
    case 8:
      return plain.map((x) => Math.round(x * 127));
    default:
      return plain;
  }
}

const kinds = fc.oneof(
  { weight: 2, arbitrary: fc.constant([9]) },
  fc.constant([7]),
  fc.constant([5, 6, 9]),
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 10 }),
);

function upsert(table: VectorTable, id: string, vector: Float32Array, odd: number): void {
  table.upsert({ id, vector, text: undefined, metadata: { odd } });
}

/** Loads rows as they come from a medium: their vectors go straight to their place. */
function load(table: VectorTable, ids: readonly string[], vectors: readonly Float32Array[]): void {
  const flat = vectors.flatMap((vector) => [...vector]);
  for (const piece of table.room(ids.length)) piece.set(flat.splice(0, piece.length));
  const none = { at: () => undefined };
  table.load({ ids, texts: none, metadata: none }, 0);
}

describe(`${createVectorTable.name} with codes of 8 bits`, () => {
  it("answers the same, bit for bit, as plain code, whatever the vectors and what was done to them", () => {
    fc.assert(
      fc.property(
        fc.record({
          metric: fc.constantFrom(...METRICS),
          dimension: fc.integer({ min: 1, max: 70 }),
          rows: fc.integer({ min: 1, max: 120 }),
          rowsPerSlab: fc.integer({ min: 1, max: 40 }),
          topK: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 150 })),
          loaded: fc.boolean(),
          filtered: fc.boolean(),
          kinds,
          like: fc.boolean(),
          seed: fc.nat(),
        }),
        ({ metric, dimension, rows, rowsPerSlab, topK, loaded, filtered, kinds, like, seed }) => {
          const bytesPerSlab = 4 * dimension * rowsPerSlab;
          const answers = [
            { kernel: loadKernel(), quantization: "int8" as const, bytesPerSlab, smallBytes: 0 },
            { bytesPerSlab, smallBytes: 0 },
          ].map((options) => {
            const next = random(seed);
            const pick = (): number => Math.floor(((next() + 1) / 2) * rows) % rows;
            const make = (): Float32Array => vector(kinds[pick() % kinds.length] as number, dimension, next);
            const id = (n: number): string => `id-${String(n).padStart(3, "0")}`;
            const table = createVectorTable("docs", dimension, metric, options);
            const vectors = Array.from({ length: rows }, make);
            if (loaded)
              load(
                table,
                Array.from(vectors, (_, n) => id(n)),
                vectors,
              );
            else for (const [n, each] of vectors.entries()) upsert(table, id(n), each, n % 2);
            const found: VectorMatch[][] = [];
            const query = (): void => {
              const wanted = like ? (vectors[pick()] as Float32Array) : make();
              const accepts = filtered && !loaded;
              found.push(table.query(wanted, topK, accepts ? (data) => data?.odd === 1 : undefined));
            };
            for (let round = 0; round < 3; round++) {
              for (let n = 0; n < 4; n++) table.delete(id(pick()));
              for (let n = 0; n < 3; n++) upsert(table, id(pick()), make(), n % 2);
              query();
              query();
            }
            return found;
          });
          expect(answers[0]).toStrictEqual(answers[1]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("lets codes rule out nearly all rows, also of what was loaded, before the floats are read", () => {
    const [rows, dimension] = [6000, 64];
    for (const metric of METRICS)
      for (const loaded of [false, true]) {
        let measured = 0;
        const inner = loadKernel() as Kernel;
        const kernel: Kernel = {
          createSlab: (...shape) => {
            const slab = inner.createSlab(...shape);
            return (
              slab && {
                ...slab,
                measure: (measure, query, count) => {
                  measured += count;
                  slab.measure(measure, query, count);
                },
              }
            );
          },
        };
        const next = random(3);
        const vectors = Array.from({ length: rows }, () => Float32Array.from({ length: dimension }, next));
        const table = createVectorTable("docs", dimension, metric, { kernel, quantization: "int8" });
        const ids = vectors.map((_, n) => `id-${String(n).padStart(5, "0")}`);
        if (loaded) load(table, ids, vectors);
        else for (const [n, each] of vectors.entries()) upsert(table, ids[n] as string, each, 0);
        table.query(vectors[77] as Float32Array, 3, undefined);
        // The first rows of all go through: there is nothing yet to compare them to.
        expect(measured).toBeGreaterThanOrEqual(1024);
        expect(measured).toBeLessThan(1024 + 200);
      }
  });
});

describe(createCodedQuery.name, () => {
  it("bounds the product of query and row from above, and not by much", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.nat({ max: 9 }),
        fc.nat({ max: 9 }),
        fc.nat(),
        (dimension, kindOfQuery, kindOfRow, seed) => {
          const next = random(seed);
          const query = vector(kindOfQuery, dimension, next);
          const row = vector(kindOfRow, dimension, next);
          const slab = (loadKernel() as Kernel).createSlab(1, dimension, true);
          const coded = createCodedQuery(query);
          if (slab?.codes === undefined) throw new Error("this host runs no kernel");
          expect(coded === undefined).toBe(query.every((x) => x === 0));
          if (coded === undefined) return;
          slab.rows.set(row);
          slab.codes.encode(0);
          slab.codes.measure(coded.codes, 1);
          const highest = coded.highestDot(slab.codes, 0, slab.measures[0] as number);
          const dot = row.reduce((sum, x, i) => sum + x * (query[i] as number), 0);
          const scale = Math.hypot(...query) * Math.hypot(...row);
          expect(highest).toBeGreaterThanOrEqual(dot - scale * 1e-12);
          if (Number.isFinite(slab.codes.residuals[0]))
            expect(highest - dot).toBeLessThanOrEqual(scale * 0.02 * Math.sqrt(dimension));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("cannot make codes of zeros", () => {
    expect(createCodedQuery(new Float32Array(3))).toBeUndefined();
  });
});

describe(`${createSlabs.name} with codes of 8 bits`, () => {
  it("says at least how much rounding took from a row, and nothing of rows beyond 32 bits", () => {
    const next = random(5);
    for (let n = 0; n < 2000; n++) {
      const dimension = 1 + (n % 70);
      const row = vector(n % 10, dimension, next);
      const slabs = createSlabs(dimension, {
        kernel: loadKernel(),
        quantization: "int8",
        bytesPerSlab: 4 * dimension,
        smallBytes: 0,
      });
      if (n % 10 < 4) slabs.write(0, new Float32Array(dimension).fill(1));
      slabs.write(0, row);
      const { units, residuals } = slabs.slabs[0]?.inKernel?.codes ?? {};
      const [unit, residual] = [units?.[0] as number, residuals?.[0] as number];
      const largest = row.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
      expect(Number.isFinite(residual)).toBe(largest > 1e-17 && largest < 1e21);
      if (!Number.isFinite(residual)) continue;
      expect(unit / (largest / 127)).toBeCloseTo(1, 6);
      const lost = Math.hypot(...Array.from(row, (x) => x - Math.round(x / unit) * unit));
      expect(residual).toBeGreaterThanOrEqual(lost * (1 - 1e-6));
      expect(residual).toBeLessThanOrEqual(lost * 1.001 + largest * Math.sqrt(dimension) * 2 ** -22);
    }
  });

  it("leaves nothing of the codes of what is removed", () => {
    const dimension = 20;
    const slabs = createSlabs(dimension, {
      kernel: loadKernel(),
      quantization: "int8",
      bytesPerSlab: 800,
      smallBytes: 0,
    });
    for (let n = 0; n < 5; n++) slabs.write(n, new Float32Array(dimension).fill(n + 1));
    slabs.remove(1, 4);
    const slab = slabs.slabs[0]?.inKernel;
    const codes = slab?.codes;
    expect(codes?.units[1]).toBeCloseTo(5 / 127, 6);
    expect([codes?.units[4], codes?.residuals[4]]).toEqual([0, Infinity]);
    slab?.list.set([4, 1]);
    codes?.measure(new Int16Array(dimension).fill(1), 2);
    expect([...(slab?.measures.subarray(0, 2) ?? [])]).toEqual([0, 127 * dimension]);
  });
});
