import { createEngine, type Engine, type Op } from "@keelson/storage-engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const id = fc.constantFrom("a", "b", "c", "d", "e");
const record = fc
  .record({ id, n: fc.nat({ max: 9 }) })
  .map(({ id: key, n }) => ({ id: key, vector: Float32Array.of(n, 1), text: `${n}`, metadata: { n } }));
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    type: fc.constant("createCollection" as const),
    name: fc.constantFrom("one", "two"),
    dimension: fc.constant(2),
    metric: fc.constant("dot" as const),
  }),
  fc.record({ type: fc.constant("dropCollection" as const), name: fc.constantFrom("one", "two") }),
  fc.record({
    type: fc.constant("upsert" as const),
    collection: fc.constantFrom("one", "two"),
    records: fc.uniqueArray(record, { selector: (each) => each.id, minLength: 1, maxLength: 4 }),
  }),
  fc.record({
    type: fc.constant("delete" as const),
    collection: fc.constantFrom("one", "two"),
    ids: fc.uniqueArray(id, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("commit" as const),
    revision: fc.constant(0),
    changes: fc.uniqueArray(
      fc.record({ key: id, value: fc.option(fc.nat({ max: 9 }), { nil: undefined }) }),
      { selector: (each) => each.key, minLength: 1, maxLength: 3 },
    ),
  }),
  fc.record({
    type: fc.constant("writeSecret" as const),
    name: id,
    revision: fc.constant(0),
    sealed: fc.constantFrom("x", "y"),
  }),
  fc.record({ type: fc.constant("deleteSecret" as const), name: id }),
) as fc.Arbitrary<Op>;

/** May it be applied now? Ops of a store always may. */
function fits(engine: Engine, each: Op): boolean {
  if (each.type === "createCollection") return engine.tables.get(each.name) === undefined;
  if (each.type === "dropCollection") return engine.tables.get(each.name) !== undefined;
  if (each.type !== "upsert" && each.type !== "delete") return true;
  return engine.tables.get(each.collection) !== undefined;
}

function numbered(each: Op, revision: number): Op {
  return each.type === "commit" || each.type === "writeSecret" ? { ...each, revision } : each;
}

function contentOf(engine: Engine): unknown {
  const everything = { prefix: "", after: undefined, limit: 100 };
  return {
    revision: engine.revision,
    tables: engine.tables
      .values()
      .map(({ name, dimension, metric, page }) => ({ name, dimension, metric, rows: page(everything) })),
    entries: engine.entries.page(everything),
    secrets: engine.secrets.values().map(({ name, sealed, revision }) => ({ name, sealed, revision })),
  };
}

describe(createEngine.name, () => {
  it("gives its content in parts, of which another makes the same store, whatever is applied in between", () => {
    fc.assert(
      fc.property(
        fc.array(op, { maxLength: 20 }),
        fc.array(fc.array(op, { maxLength: 3 }), { maxLength: 20 }),
        fc.constantFrom(1, 40, 1000),
        (before, meanwhile, most) => {
          const engine = createEngine();
          let revision = 0;
          const applied: Op[] = [];
          const apply = (each: Op): void => {
            if (!fits(engine, each)) return;
            const numberedOp = numbered(each, ++revision);
            engine.apply(numberedOp, 10);
            applied.push(numberedOp);
          };
          for (const each of before) apply(each);

          applied.length = 0;
          const copy = createEngine();
          let turn = 0;
          for (const block of engine.contents(most)) {
            copy.load(block, 10);
            for (const each of meanwhile[turn++] ?? []) apply(each);
          }
          for (const each of applied)
            if (fits(copy, each) || each.type === "createCollection") copy.apply(each, 10);
          expect(contentOf(copy)).toEqual(contentOf(engine));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("decodes a value when it is first read, and a value of the state only once", () => {
    const engine = createEngine();
    const decoded: string[] = [];
    const lazily =
      <T>(value: T, name: string): (() => T) =>
      () => {
        decoded.push(name);
        return value;
      };
    engine.load({ type: "collection", name: "docs", dimension: 1, metric: "dot", size: 2 }, 1);
    engine.load(
      {
        type: "rows",
        collection: "docs",
        ids: ["a"],
        texts: { at: lazily("text", "text") },
        metadata: { at: lazily({ x: 1 }, "metadata") },
        vectors: Float32Array.of(1),
      },
      1,
    );
    engine.load(
      { type: "entries", entries: [{ key: "k", value: lazily({ y: 2 }, "value"), revision: 3 }] },
      1,
    );
    expect(decoded).toEqual([]);
    for (let times = 0; times < 2; times++) {
      expect(engine.tables.get("docs")?.get("a")).toEqual({
        id: "a",
        vector: Float32Array.of(1),
        text: "text",
        metadata: { x: 1 },
      });
      expect(engine.entries.get("k")).toEqual({ key: "k", value: { y: 2 }, revision: 3 });
    }
    expect(decoded).toEqual(["text", "metadata", "value", "text"]);
  });

  it("counts the bytes of what is there, and no longer those of what was replaced or deleted", () => {
    const engine = createEngine();
    engine.apply({ type: "createCollection", name: "docs", dimension: 1, metric: "dot" }, 5);
    const row = (key: string): Op => ({
      type: "upsert",
      collection: "docs",
      records: [{ id: key, vector: Float32Array.of(1), text: undefined, metadata: undefined }],
    });
    engine.apply(row("a"), 100);
    engine.apply(row("b"), 200);
    engine.apply(row("a"), 300);
    engine.apply({ type: "commit", revision: 1, changes: [{ key: "k", value: 1 }] }, 1000);
    engine.apply({ type: "writeSecret", name: "s", revision: 2, sealed: "x" }, 5_000);
    engine.apply({ type: "writeSecret", name: "s", revision: 2, sealed: "x" }, 10_000);
    expect(engine.bytes).toBe(11_500);
    const [s, t] = [
      { name: "s", revision: 2, sealed: "x" },
      { name: "t", revision: 3, sealed: "x" },
    ];
    const loaded = createEngine();
    loaded.load({ type: "secrets", secrets: [s, t] }, 600);
    loaded.apply({ type: "deleteSecret", name: "t" }, 7);
    loaded.apply({ type: "deleteSecret", name: "u" }, 7);
    expect(loaded.bytes).toBe(300);
    engine.apply({ type: "delete", collection: "docs", ids: ["a"] }, 7);
    engine.apply({ type: "commit", revision: 3, changes: [{ key: "k", value: undefined }] }, 7);
    expect(engine.bytes).toBe(10_200);
    engine.apply({ type: "dropCollection", name: "docs" }, 7);
    engine.apply({ type: "deleteSecret", name: "s" }, 7);
    expect(engine.bytes).toBe(0);
  });

  it("refuses parts that do not fit", () => {
    const engine = createEngine();
    const rows = {
      type: "rows" as const,
      collection: "docs",
      ids: ["a"],
      texts: [undefined],
      metadata: [undefined],
      vectors: Float32Array.of(1),
    };
    expect(() => engine.load(rows, 1)).toThrow("no collection");
    engine.load({ type: "collection", name: "docs", dimension: 1, metric: "dot", size: 2 }, 1);
    engine.load(rows, 1);
    expect(() => engine.load(rows, 1)).toThrow("not in order");
    expect(() => engine.load({ ...rows, ids: ["b", "c"] }, 1)).toThrow("do not fit");
  });
});
