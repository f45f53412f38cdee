import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertId,
  assertJson,
  assertKey,
  assertSecret,
  assertSpecVersion,
  assertTopK,
  assertUniqueIds,
  assertVector,
  type ErrorCode,
  isFiniteVector,
  isKeelsonError,
  type Json,
  ownJson,
  Secret,
} from "../src/index.ts";

function codeOf(run: () => void): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!isKeelsonError(error)) throw error;
    return error.code;
  }
}

describe("assertId", () => {
  it.each(["a", "../x", "a:b", "\0", "é", "👩‍👩‍👧", "x".repeat(1024)])("accepts %j", (id) => {
    expect(codeOf(() => assertId(id))).toBeUndefined();
  });

  it.each(["", "x".repeat(1025), "\ud800", "a\udc00b", 7, null, undefined])("refuses %j", (id) => {
    expect(codeOf(() => assertId(id))).toBe("ID_INVALID");
  });
});

describe("assertUniqueIds", () => {
  it("names the id that stands twice", () => {
    expect(codeOf(() => assertUniqueIds(["a", "b"]))).toBeUndefined();
    expect(codeOf(() => assertUniqueIds([]))).toBeUndefined();
    expect(() => assertUniqueIds(["a", "b", "a"])).toThrow("the id a stands twice");
    expect(codeOf(() => assertUniqueIds(["a", ""]))).toBe("ID_INVALID");
  });
});

describe("assertKey", () => {
  it("takes keys of up to the length given", () => {
    expect(codeOf(() => assertKey("x".repeat(8), 8))).toBeUndefined();
    expect(codeOf(() => assertKey("x".repeat(9), 8))).toBe("KEY_INVALID");
    expect(codeOf(() => assertKey("", 8))).toBe("KEY_INVALID");
    expect(codeOf(() => assertKey("\udfff", 8))).toBe("KEY_INVALID");
  });
});

describe("assertVector", () => {
  it("refuses another length and what is not finite, naming the record", () => {
    expect(codeOf(() => assertVector(new Float32Array([1, 0]), 2))).toBeUndefined();
    expect(codeOf(() => assertVector(new Float32Array(3), 2, "a"))).toBe("VECTOR_DIMENSION_MISMATCH");
    expect(() => assertVector(new Float32Array([1, Number.NaN]), 2, "a")).toThrow(
      "the vector of a is not finite at position 1",
    );
    expect(codeOf(() => assertVector(new Float32Array([1e39]), 1))).toBe("VECTOR_NOT_FINITE");
  });

  it("finds a number that is not finite wherever it stands, whatever the others are", () => {
    for (let dimension = 1; dimension <= 9; dimension++) {
      const vector = new Float32Array(dimension).fill(-3.4e38);
      expect(isFiniteVector(vector)).toBe(true);
      for (let position = 0; position < dimension; position++) {
        for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          const other = vector.with(position, bad);
          expect(isFiniteVector(other)).toBe(false);
          expect(() => assertVector(other, dimension)).toThrow(`at position ${position}`);
        }
      }
    }
  });
});

describe("assertTopK", () => {
  it("takes whole numbers from 1", () => {
    for (const topK of [1, 10, 1e6]) expect(codeOf(() => assertTopK(topK))).toBeUndefined();
    for (const topK of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(codeOf(() => assertTopK(topK))).toBe("TOP_K_INVALID");
    }
  });
});

describe("assertJson", () => {
  it("accepts all that JSON can say, so that a round trip changes nothing", () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "large" }), (value) => {
        assertJson(value);
        // JSON has no negative zero.
        expect(JSON.stringify(JSON.parse(JSON.stringify(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  it("accepts plain objects of another realm and without a prototype", () => {
    expect(codeOf(() => assertJson(runInNewContext("({ a: [1] })")))).toBeUndefined();
    expect(codeOf(() => assertJson(Object.assign(Object.create(null), { a: 1 })))).toBeUndefined();
  });

  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  it.each([
    [undefined, []],
    [Number.NaN, []],
    [1n, []],
    [new Date(0), []],
    [{ a: [1, undefined] }, ["a", 1]],
    [{ a: { b: Number.POSITIVE_INFINITY } }, ["a", "b"]],
    [{ a: () => 1 }, ["a"]],
    [{ a: new Map() }, ["a"]],
    [{ a: Symbol("s") }, ["a"]],
    [new Array(1), [0]],
  ])("refuses %o, naming the place", (value, path) => {
    const refusals: ((value: unknown) => unknown)[] = [assertJson, ownJson];
    for (const refuse of refusals)
      try {
        refuse(value);
        expect.unreachable();
      } catch (error) {
        if (!isKeelsonError(error, "VALUE_INVALID")) throw error;
        expect(error.details.path).toEqual(path);
      }
  });

  it("refuses cycles and nesting deeper than 256", () => {
    const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)]);
    expect(codeOf(() => assertJson(nest(256)))).toBeUndefined();
    expect(codeOf(() => assertJson(nest(257)))).toBe("VALUE_INVALID");
    expect(codeOf(() => assertJson(cycle))).toBe("VALUE_INVALID");
  });
});

describe("ownJson", () => {
  it("gives a frozen copy, equal to what JSON text keeps, that shares nothing with the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ depthSize: "large" }), (value) => {
        const before = JSON.stringify(value);
        const own = ownJson(value);
        expect(own).toStrictEqual(JSON.parse(before));
        expect(JSON.stringify(own)).toBe(before);
        const parts = (json: Json): object[] =>
          typeof json === "object" && json !== null ? [json, ...Object.values(json).flatMap(parts)] : [];
        const theirs = new Set(parts(value as Json));
        for (const part of parts(own)) expect(Object.isFrozen(part) && !theirs.has(part)).toBe(true);
      }),
    );
  });

  it("keeps a key that is called __proto__, and neither symbols nor what is inherited or hidden", () => {
    const inherited = Object.create(Object.assign(Object.create(null), { above: () => 1 })) as object;
    const value = Object.assign(inherited, { zero: -0, [Symbol("s")]: () => 1 });
    Object.defineProperty(value, "hidden", { value: () => 1, enumerable: false });
    Object.defineProperty(value, "__proto__", { value: { x: 1 }, enumerable: true });
    const own = ownJson(value) as object;
    expect(Reflect.ownKeys(own)).toEqual(["zero", "__proto__"]);
    expect(JSON.stringify(own)).toBe('{"zero":0,"__proto__":{"x":1}}');
    expect(Object.is((own as { zero: number }).zero, 0)).toBe(true);
    expect(Object.getPrototypeOf(own)).toBe(Object.prototype);
  });

  it("reads each part once, so that what was checked is what is kept", () => {
    let reads = 0;
    const value = {
      get part() {
        return reads++ === 0 ? 1 : undefined;
      },
    };
    expect(ownJson(value)).toEqual({ part: 1 });
  });
});

describe("assertSpecVersion", () => {
  it("knows version 1 and says what it supports", () => {
    expect(codeOf(() => assertSpecVersion({ specVersion: 1 }, "Embedder"))).toBeUndefined();
    for (const specVersion of [2, "1", undefined]) {
      expect(codeOf(() => assertSpecVersion({ specVersion }, "Embedder"))).toBe("SPEC_VERSION_UNSUPPORTED");
    }
    expect(() => assertSpecVersion({ specVersion: 2 }, "Embedder")).toThrow("supported: 1");
  });
});

describe("assertSecret", () => {
  const secret = (value: string): Secret => new Secret(value, { name: "key", version: 1 });

  it("accepts a secret, also of another copy of this package", () => {
    expect(codeOf(() => assertSecret(secret("x")))).toBeUndefined();
    expect(codeOf(() => assertSecret({ expose: () => "x" }))).toBeUndefined();
  });

  it.each(["text", undefined, null, 7, {}])("refuses %j", (payload) => {
    expect(codeOf(() => assertSecret(payload))).toBe("ARGUMENT_INVALID");
  });

  it("counts bytes of UTF-8, and quotes none of them", () => {
    expect(codeOf(() => assertSecret(secret("éa"), 3))).toBeUndefined();
    expect(() => assertSecret(secret("éé"), 3)).toThrow("payload has more than 3 bytes");
  });
});
