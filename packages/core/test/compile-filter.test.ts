import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileFilter, type Filter, isKeelsonError, type Json, type JsonObject } from "../src/index.ts";

function accepts(filter: Filter, metadata: JsonObject | undefined): boolean {
  return compileFilter(filter)(metadata);
}

describe("compileFilter", () => {
  it("accepts everything without a filter", () => {
    expect(compileFilter(undefined)({ a: 1 })).toBe(true);
    expect(compileFilter(undefined)(undefined)).toBe(true);
  });

  it.each<[Filter, JsonObject, boolean]>([
    [{ field: "a", eq: 1 }, { a: 1 }, true],
    [{ field: "a", eq: 1 }, { a: "1" }, false],
    [{ field: "a", eq: 0 }, { a: -0 }, true],
    [{ field: "a", eq: null }, { a: null }, true],
    [{ field: "a", eq: null }, {}, false],
    [{ field: "a", ne: 1 }, {}, true],
    [{ field: "a", ne: 1 }, { a: 1 }, false],
    [{ field: "a", in: [1, "x"] }, { a: "x" }, true],
    [{ field: "a", in: [] }, { a: "x" }, false],
    [{ field: "a", nin: [1, "x"] }, { a: "x" }, false],
    [{ field: "a", nin: [] }, {}, true],
    [{ field: "a", gt: 1 }, { a: 2 }, true],
    [{ field: "a", gt: 1 }, { a: 1 }, false],
    [{ field: "a", gt: 1 }, { a: "2" }, false],
    [{ field: "a", gte: 1 }, { a: 1 }, true],
    [{ field: "a", lt: "b" }, { a: "a" }, true],
    [{ field: "a", lt: "b" }, { a: "b" }, false],
    [{ field: "a", lte: "b" }, { a: "b" }, true],
    [{ field: "a", gt: 1, lt: 3 }, { a: 2 }, true],
    [{ field: "a", gt: 1, lt: 3 }, { a: 3 }, false],
    [{ field: "a", exists: true }, { a: null }, true],
    [{ field: "a", exists: false }, { a: null }, false],
    [{ field: "a", exists: false }, {}, true],
    [{ field: "tags", eq: "x" }, { tags: ["x", "y"] }, true],
    [{ field: "tags", ne: "x" }, { tags: ["x", "y"] }, false],
    [{ field: "tags", eq: "x" }, { tags: [] }, false],
    [{ field: "years", gt: 2000 }, { years: [1990, 2010] }, true],
    [{ field: "a", eq: "x" }, { a: { x: "x" } }, false],
    [{ field: ["acl", "group"], eq: "ops" }, { acl: { group: "ops" } }, true],
    [{ field: ["acl", "group"], eq: "ops" }, { acl: "ops" }, false],
    [{ field: ["acl", "group"], exists: false }, { acl: [] }, true],
    [{ field: "a.b", eq: 1 }, { "a.b": 1 }, true],
    [{ field: "a.b", eq: 1 }, { a: { b: 1 } }, false],
    [{ field: "toString", exists: true }, {}, false],
    [{ and: [] }, {}, true],
    [{ or: [] }, {}, false],
    [
      {
        and: [
          { field: "a", eq: 1 },
          { field: "b", eq: 2 },
        ],
      },
      { a: 1, b: 2 },
      true,
    ],
    [
      {
        and: [
          { field: "a", eq: 1 },
          { field: "b", eq: 2 },
        ],
      },
      { a: 1, b: 3 },
      false,
    ],
    [
      {
        or: [
          { field: "a", eq: 1 },
          { field: "b", eq: 2 },
        ],
      },
      { a: 0, b: 2 },
      true,
    ],
    [{ not: { field: "a", eq: 1 } }, { a: 1 }, false],
  ])("%j on %j is %s", (filter, metadata, expected) => {
    expect(accepts(filter, metadata)).toBe(expected);
  });

  it("treats missing metadata as an empty object", () => {
    expect(accepts({ field: "a", exists: false }, undefined)).toBe(true);
  });

  it.each<[unknown, (string | number)[]]>([
    [null, []],
    ["a", []],
    [[], []],
    [{}, []],
    [{ and: [], or: [] }, []],
    [{ nand: [] }, ["nand"]],
    [{ field: "a" }, []],
    [{ field: "", eq: Number.NaN }, ["eq"]],
    [{ field: [], eq: 1 }, ["field"]],
    [{ field: 3, eq: 1 }, ["field"]],
    [{ field: ["a", 3], eq: 1 }, ["field"]],
    [{ field: "a", equals: 1 }, ["equals"]],
    [{ field: "a", eq: undefined }, ["eq"]],
    [{ field: "a", eq: [1] }, ["eq"]],
    [{ field: "a", in: 1 }, ["in"]],
    [{ field: "a", in: [{}] }, ["in", 0]],
    [{ field: "a", gt: true }, ["gt"]],
    [{ field: "a", exists: 1 }, ["exists"]],
    [{ and: {} }, ["and"]],
    [
      {
        and: [
          { field: "a", eq: 1 },
          { field: "b", lt: null },
        ],
      },
      ["and", 1, "lt"],
    ],
    [{ not: [] }, ["not"]],
  ])("refuses %j, naming the place", (filter, path) => {
    try {
      compileFilter(filter as Filter);
      expect.unreachable();
    } catch (error) {
      if (!isKeelsonError(error, "FILTER_INVALID")) throw error;
      expect(error.details.path).toEqual(path);
    }
  });

  it("accepts nesting to 32 and refuses 33", () => {
    const nest = (depth: number): Filter => (depth === 0 ? { field: "a", eq: 1 } : { not: nest(depth - 1) });
    expect(accepts(nest(32), { a: 1 })).toBe(true);
    expect(() => compileFilter(nest(33))).toThrow(/deeper than 32/);
    const lists = (depth: number): Filter =>
      depth === 0 ? { field: "a", eq: 1 } : { and: [lists(depth - 1)] };
    expect(accepts(lists(32), { a: 1 })).toBe(true);
    expect(() => compileFilter(lists(33))).toThrow(/deeper than 32/);
  });

  const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
  const value: fc.Arbitrary<Json> = fc.oneof(scalar, fc.array(scalar), fc.record({ a: scalar }));
  const metadata = fc.dictionary(
    fc.constantFrom("a", "b", "c", "__proto__"),
    value,
  ) as fc.Arbitrary<JsonObject>;

  it("makes ne the opposite of eq, and nin of in, for any metadata", () => {
    fc.assert(
      fc.property(metadata, scalar, (data, operand) => {
        expect(accepts({ field: "a", ne: operand }, data)).toBe(!accepts({ field: "a", eq: operand }, data));
        expect(accepts({ field: "a", nin: [operand] }, data)).toBe(
          !accepts({ field: "a", in: [operand] }, data),
        );
        expect(accepts({ field: "a", in: [operand] }, data)).toBe(accepts({ field: "a", eq: operand }, data));
      }),
    );
  });

  it("obeys De Morgan for any metadata", () => {
    fc.assert(
      fc.property(metadata, scalar, scalar, (data, x, y) => {
        const p: Filter = { field: "a", eq: x };
        const q: Filter = { field: "b", eq: y };
        expect(accepts({ not: { and: [p, q] } }, data)).toBe(accepts({ or: [{ not: p }, { not: q }] }, data));
      }),
    );
  });
});
