import {
  compileFilter,
  type Filter,
  type Metadata,
  type VectorMetric,
  type VectorRecord,
} from "@keelson/core";
import { createVectorStore } from "@keelson/storage-engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSubject, when } from "./subject.ts";

const DIMENSION = 5;
const vector = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -8, max: 8 }), {
    minLength: DIMENSION,
    maxLength: DIMENSION,
  })
  .map((values) => Float32Array.from(values));
const id = fc.integer({ min: 0, max: 15 }).map((n) => `id-${n}`);
const record: fc.Arbitrary<VectorRecord> = fc.record(
  {
    id,
    vector,
    text: fc.string(),
    metadata: fc.record(
      { team: fc.constantFrom("red", "blue"), year: fc.integer({ min: 0, max: 3 }) },
      { noNullPrototype: true },
    ),
  },
  { requiredKeys: ["id", "vector"], noNullPrototype: true },
);
const records = fc.uniqueArray(record, { selector: (each) => each.id, maxLength: 8 });
const filter: fc.Arbitrary<Filter | undefined> = fc.constantFrom(
  undefined,
  { field: "team", eq: "red" },
  { field: "team", exists: false },
  {
    and: [
      { field: "team", ne: "red" },
      { field: "year", gte: 2 },
    ],
  },
);
const step = fc.oneof(
  fc.record({ upsert: records }),
  fc.record({ delete: fc.uniqueArray(id, { maxLength: 6 }) }),
);
const metric = fc.constantFrom<VectorMetric>("cosine", "dot", "euclidean");

function bruteForce(metric: VectorMetric, a: Float32Array, b: Float32Array): number {
  const pairs = [...a].map((x, i) => [x, b[i] ?? Number.NaN] as const);
  const sum = (terms: number[]): number => terms.reduce((total, term) => total + term, 0);
  const dot = sum(pairs.map(([x, y]) => x * y));
  if (metric === "dot") return dot;
  if (metric === "euclidean") return 1 / (1 + Math.sqrt(sum(pairs.map(([x, y]) => (x - y) ** 2))));
  const lengths = Math.hypot(...a) * Math.hypot(...b);
  return lengths === 0 ? 0 : dot / lengths;
}

describe(createVectorStore.name, () => {
  it("answers what a map and a full sort answer, after any upserts and deletes", async () => {
    await fc.assert(
      fc.asyncProperty(
        metric,
        fc.array(step, { maxLength: 10 }),
        vector,
        filter,
        fc.integer({ min: 1, max: 20 }),
        async (metric, steps, query, wanted, topK) => {
          const docs = await createSubject().vectors.open("docs", { dimension: DIMENSION, metric });
          const model = new Map<string, VectorRecord>();
          for (const each of steps) {
            if ("upsert" in each) {
              await docs.upsert(each.upsert);
              for (const one of each.upsert) model.set(one.id, one);
            } else {
              await docs.delete(each.delete);
              for (const one of each.delete) model.delete(one);
            }
          }

          const sorted = [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
          expect(await docs.scan?.()).toStrictEqual(sorted);
          expect(await docs.get(["id-1", "id-7"])).toStrictEqual([model.get("id-1"), model.get("id-7")]);

          const accepts = compileFilter(wanted);
          const scores = new Map(
            sorted
              .filter(({ metadata }) => accepts(metadata as Metadata | undefined))
              .map((one) => [one.id, bruteForce(metric, one.vector, query)]),
          );
          const found = await docs.query(query, { topK, filter: wanted });
          expect(found).toHaveLength(Math.min(topK, scores.size));
          for (const [place, match] of found.entries()) {
            expect(match.score).toBeCloseTo(scores.get(match.id) ?? Number.NaN, 6);
            const next = found[place + 1];
            if (next === undefined) continue;
            expect(match.score > next.score || (match.score === next.score && match.id < next.id)).toBe(true);
          }
          const worst = found.at(-1)?.score ?? Number.POSITIVE_INFINITY;
          const leftOut = [...scores].filter(([one]) => !found.some((match) => match.id === one));
          for (const [, score] of leftOut) expect(score).toBeLessThanOrEqual(worst + 1e-6);
        },
      ),
    );
  });

  it("breaks ties by ascending id, whatever the order of writing", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray(["a", "b", "c", "d", "e", "f"], { minLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        async (ids, topK) => {
          const docs = await createSubject().vectors.open("docs", { dimension: 1, metric: "dot" });
          await docs.upsert(ids.map((each) => ({ id: each, vector: Float32Array.of(1) })));
          const found = await docs.query(Float32Array.of(1), { topK });
          expect(found.map((match) => match.id)).toEqual(["a", "b", "c", "d", "e", "f"].slice(0, topK));
        },
      ),
    );
  });

  it("keeps its answers across the bounds of its slabs", async () => {
    const dimension = 1 << 20;
    const docs = await createSubject().vectors.open("docs", { dimension, metric: "cosine" });
    const axis = (at: number): Float32Array => new Float32Array(dimension).fill(1, at, at + 1);
    const ids = Array.from({ length: 10 }, (_, i) => `id-${i}`);
    await docs.upsert(ids.map((each, i) => ({ id: each, vector: axis(i) })));
    await docs.delete(["id-0", "id-4", "id-9"]);
    for (const i of [1, 2, 3, 5, 6, 7, 8]) {
      expect((await docs.query(axis(i), { topK: 1 }))[0]).toEqual({ id: `id-${i}`, score: 1 });
      const [got] = await docs.get([`id-${i}`]);
      expect(got?.vector.findIndex((value) => value !== 0)).toBe(i);
    }
  });

  it("scores a zero vector 0 under cosine, and never outside -1 to 1", async () => {
    const docs = await createSubject().vectors.open("docs", { dimension: 3, metric: "cosine" });
    const third = Float32Array.of(0.1, 0.1, 0.1);
    await docs.upsert([
      { id: "zero", vector: new Float32Array(3) },
      { id: "same", vector: third },
      { id: "tiny", vector: Float32Array.of(-1e-45, -1e-45, -1e-45) },
      { id: "vast", vector: Float32Array.of(3e38, 3e38, 3e38) },
    ]);
    const found = await docs.query(third, { topK: 9 });
    expect(Object.fromEntries(found.map((match) => [match.id, match.score]))).toEqual({
      same: expect.closeTo(1, 12),
      vast: expect.closeTo(1, 12),
      zero: 0,
      tiny: expect.closeTo(-1, 12),
    });
    for (const { score } of found) expect(Math.abs(score)).toBeLessThanOrEqual(1);
    for (const { score } of await docs.query(new Float32Array(3), { topK: 9 })) expect(score).toBe(0);
  });

  it("keeps its records whatever happens to what was passed in or read", async () => {
    const docs = await createSubject().vectors.open("docs", { dimension: 1, metric: "dot" });
    const metadata = { tags: ["a"] };
    const given = Float32Array.of(1);
    const upserted = docs.upsert([{ id: "a", vector: given, text: "text", metadata }]);
    given[0] = 5;
    metadata.tags.push("b");
    await upserted;
    const change = (match: { metadata?: Metadata | undefined } | undefined): void => {
      if (match?.metadata === undefined) throw new Error("no metadata");
      (match.metadata as { tags: string[] }).tags.push("c");
    };
    const [got] = await docs.get(["a"]);
    got?.vector.fill(7);
    change(got);
    change((await docs.query(Float32Array.of(1), { topK: 1 }))[0]);
    change((await docs.scan?.())?.[0]);
    const kept = { id: "a", vector: Float32Array.of(1), text: "text", metadata: { tags: ["a"] } };
    expect(await docs.get(["a"])).toStrictEqual([kept]);
  });

  it("takes a batch of any size, in ops of a thousand records", async () => {
    const { vectors, ops } = createSubject();
    const docs = await vectors.open("docs", { dimension: 1, metric: "dot" });
    ops.length = 0;
    const ids = Array.from({ length: 2500 }, (_, n) => String(n));
    await docs.upsert(ids.map((each, n) => ({ id: each, vector: Float32Array.of(n) })));
    expect(ops.map((op) => (op.type === "upsert" ? op.records.length : op.type))).toEqual([1000, 1000, 500]);
    expect((await docs.get(ids)).map((found) => found?.vector[0])).toEqual(ids.map(Number));
  });

  it("takes a batch of large records in ops that a log can take", async () => {
    const { vectors, ops } = createSubject();
    const docs = await vectors.open("docs", { dimension: 1, metric: "dot" });
    ops.length = 0;
    const lengths = [1, 9e6, 9e6, 9e6, 3e7, 1, 1];
    const records = lengths.map((length, n) => ({
      id: String(n),
      vector: Float32Array.of(n),
      text: "x".repeat(length),
    }));
    await docs.upsert(records);
    expect(ops.map((op) => (op.type === "upsert" ? op.records.map(({ id }) => id) : op.type))).toEqual([
      ["0", "1", "2"],
      ["3"],
      ["4"],
      ["5", "6"],
    ]);
    expect(await docs.get(["4"])).toEqual([records[4]]);
  });

  it("counts metadata of any shape as what a log has to take", async () => {
    const { vectors, ops } = createSubject();
    const docs = await vectors.open("docs", { dimension: 1, metric: "dot" });
    ops.length = 0;
    const long = "x".repeat(6e6);
    const metadata = [
      { long },
      { of: [{ of: long }] },
      { [long]: true },
      { of: Array<number>(2e6).fill(0.1) },
      {},
    ];
    await docs.upsert(
      metadata.map((each, n) => ({ id: String(n), vector: Float32Array.of(n), metadata: each })),
    );
    expect(ops.map((op) => (op.type === "upsert" ? op.records.map(({ id }) => id) : op.type))).toEqual([
      ["0"],
      ["1"],
      ["2"],
      ["3", "4"],
    ]);
  });

  it("leaves no rejection unhandled when a journal refuses a later part of a batch", async () => {
    let taken = 0;
    const refusal = new Error("too large");
    const { vectors } = createSubject((op) => {
      if (op.type !== "upsert") return Promise.resolve();
      if (++taken === 2) throw refusal;
      return Promise.reject(new Error("disk on fire"));
    });
    const docs = await vectors.open("docs", { dimension: 1, metric: "dot" });
    const records = Array.from({ length: 1001 }, (_, n) => ({ id: String(n), vector: new Float32Array(1) }));
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", note);
    await expect(docs.upsert(records)).rejects.toBe(refusal);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    expect(unhandled).toEqual([]);
  });

  it("refuses a batch whole, with a code, before anything is written", async () => {
    const { vectors, ops } = createSubject();
    const docs = await vectors.open("docs", { dimension: 2, metric: "dot" });
    ops.length = 0;
    const good = { id: "good", vector: new Float32Array(2) };
    const cases: [unknown, string][] = [
      [{ id: "", vector: new Float32Array(2) }, "ID_INVALID"],
      [{ vector: new Float32Array(2) }, "ID_INVALID"],
      [null, "ID_INVALID"],
      [good, "ID_DUPLICATE"],
      [{ id: "a", vector: new Float32Array(3) }, "VECTOR_DIMENSION_MISMATCH"],
      [{ id: "a", vector: Float32Array.of(0, Number.NaN) }, "VECTOR_NOT_FINITE"],
      [{ id: "a", vector: Float32Array.of(Infinity, -Infinity) }, "VECTOR_NOT_FINITE"],
      [{ id: "a", vector: [1, 2] }, "ARGUMENT_INVALID"],
      [{ id: "a", vector: new Float32Array(2), text: 3 }, "ARGUMENT_INVALID"],
      [{ id: "a", vector: new Float32Array(2), metadata: [] }, "VALUE_INVALID"],
      [{ id: "a", vector: new Float32Array(2), metadata: { x: undefined } }, "VALUE_INVALID"],
    ];
    for (const [bad, code] of cases)
      await expect(docs.upsert([good, bad as VectorRecord])).rejects.toMatchObject({ code });
    await expect(docs.delete(["good", ""])).rejects.toMatchObject({ code: "ID_INVALID" });
    expect(ops).toEqual([]);
  });

  it("refuses queries that make no sense", async () => {
    const docs = await createSubject().vectors.open("docs", { dimension: 2, metric: "dot" });
    const query = new Float32Array(2);
    const code = (name: string): object => ({ code: name });
    await expect(docs.query(query, undefined as never)).rejects.toMatchObject(code("TOP_K_INVALID"));
    await expect(docs.query(query, { topK: 0 })).rejects.toMatchObject(code("TOP_K_INVALID"));
    await expect(docs.query(new Float32Array(3), { topK: 1 })).rejects.toMatchObject(
      code("VECTOR_DIMENSION_MISMATCH"),
    );
    await expect(docs.query(Float32Array.of(0, Number.NaN), { topK: 1 })).rejects.toMatchObject(
      code("VECTOR_NOT_FINITE"),
    );
    const unknown = { field: "a", like: "b" } as Filter;
    await expect(docs.query(query, { topK: 1, filter: unknown })).rejects.toMatchObject(
      code("FILTER_INVALID"),
    );
  });

  it("opens a collection once and refuses another shape of it", async () => {
    const { vectors } = createSubject();
    await expect(vectors.open("docs", undefined as never)).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
      details: { argument: "dimension" },
    });
    const one = await vectors.open("docs", { dimension: 2, metric: "dot" });
    const other = await vectors.open("docs", { dimension: 2, metric: "dot" });
    await one.upsert([{ id: "a", vector: new Float32Array(2) }]);
    expect(await other.get(["a"])).toHaveLength(1);
    for (const shape of [
      { dimension: 3, metric: "dot" } as const,
      { dimension: 2, metric: "cosine" } as const,
    ])
      await expect(vectors.open("docs", shape)).rejects.toMatchObject({ code: "COLLECTION_MISMATCH" });
    await expect(vectors.open("x", { dimension: 0, metric: "dot" })).rejects.toMatchObject({
      code: "ARGUMENT_INVALID",
    });
    await expect(vectors.open("x", { dimension: 2, metric: "hamming" as "dot" })).rejects.toMatchObject({
      code: "CAPABILITY_UNSUPPORTED",
    });
    await expect(vectors.open("", { dimension: 2, metric: "dot" })).rejects.toMatchObject({
      code: "KEY_INVALID",
    });
    expect(await vectors.list()).toEqual([{ name: "docs", dimension: 2, metric: "dot" }]);
  });

  it("turns away handles to a dropped collection, even after a new one took its name", async () => {
    const { vectors } = createSubject();
    const old = await vectors.open("docs", { dimension: 1, metric: "dot" });
    await old.upsert([{ id: "a", vector: new Float32Array(1) }]);
    await vectors.drop("docs");
    await vectors.drop("docs");
    await expect(old.get(["a"])).rejects.toMatchObject({ code: "COLLECTION_NOT_FOUND" });
    const fresh = await vectors.open("docs", { dimension: 1, metric: "dot" });
    await expect(old.upsert([])).rejects.toMatchObject({ code: "COLLECTION_NOT_FOUND" });
    expect(await fresh.scan?.()).toEqual([]);
  });

  it("makes a reader of one collection wait for that collection's writes alone", async () => {
    const holds = new Set<string>();
    const { vectors } = createSubject((op) =>
      op.type === "upsert" && holds.has(op.collection) ? new Promise(() => {}) : Promise.resolve(),
    );
    const quiet = await vectors.open("quiet", { dimension: 1, metric: "dot" });
    const busy = await vectors.open("busy", { dimension: 1, metric: "dot" });
    holds.add("busy");
    void busy.upsert([{ id: "a", vector: new Float32Array(1) }]);
    let answered = false;
    void when(busy.query(new Float32Array(1), { topK: 1 })).then(() => {
      answered = true;
    });
    expect(await quiet.query(new Float32Array(1), { topK: 1 })).toEqual([]);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    expect(answered).toBe(false);
  });
});
