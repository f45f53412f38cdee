import type { Json } from "@keelson/core";
import { evaluate, type Op } from "@keelson/storage-engine";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeOps, encodeOp } from "../src/codec/op-codec.ts";

const text = fc.string({ unit: "binary", maxLength: 10 });
const json = fc.jsonValue({ noUnicodeString: false }) as fc.Arbitrary<Json>;
const revision = fc.maxSafeNat();
const vector = fc.float32Array({ noNaN: true, noDefaultInfinity: true, maxLength: 5 });
const record = fc.record(
  { id: text, vector, text: fc.option(text, { nil: undefined }), metadata: fc.constant(undefined) },
  { noNullPrototype: true },
);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({
    type: fc.constant("createCollection" as const),
    name: text,
    dimension: fc.maxSafeNat(),
    metric: fc.constantFrom("cosine", "dot", "euclidean"),
  }),
  fc.record({ type: fc.constantFrom("dropCollection" as const, "deleteSecret" as const), name: text }),
  fc.record({
    type: fc.constant("upsert" as const),
    collection: text,
    records: fc.array(record, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("delete" as const),
    collection: text,
    ids: fc.array(text, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant("commit" as const),
    revision,
    changes: fc.array(fc.record({ key: text, value: fc.option(json, { nil: undefined }) }), { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant("writeSecret" as const), name: text, revision, sealed: text }),
) as fc.Arbitrary<Op>;

describe(decodeOps.name, () => {
  it("gives back what was encoded, lone surrogates and negative zeros included", () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 5 }), (ops) => {
        const bytes = Buffer.concat(ops.map((each) => encodeOp(each)));
        const wanted = ops.map((each) => (each.type === "commit" ? throughJson(each) : each));
        expect([...decodeOps(bytes)].map((each) => evaluated(each.op))).toEqual(wanted);
      }),
    );
  });

  it("throws where the bytes end too early or begin with what is no op", () => {
    fc.assert(
      fc.property(op, fc.nat(), (each, n) => {
        const bytes = encodeOp(each);
        const cut = bytes.subarray(0, 1 + (n % Math.max(1, bytes.length - 1)));
        if (cut.length < bytes.length) expect(() => [...decodeOps(cut)]).toThrow();
      }),
    );
    expect(() => [...decodeOps(Uint8Array.of(250))]).toThrow(RangeError);
  });
});

describe(encodeOp.name, () => {
  it("refuses what does not fit into one piece of the log", () => {
    fc.assert(
      fc.property(op, (each) => {
        const { length } = encodeOp(each);
        expect(encodeOp(each, undefined, length)).toHaveLength(length);
        expect(() => encodeOp(each, undefined, length - 1)).toThrow(
          expect.objectContaining({ code: "ARGUMENT_INVALID" }),
        );
      }),
    );
  });
});

/** With what is decoded later decoded now. */
function evaluated(op: Op): Op {
  if (op.type !== "commit") return op;
  return { ...op, changes: op.changes.map(({ key, value }) => ({ key, value: evaluate(value) })) };
}

function throughJson(op: Extract<Op, { type: "commit" }>): Op {
  const changes = op.changes.map(({ key, value }) => ({
    key,
    value: value === undefined ? undefined : JSON.parse(JSON.stringify(value)),
  }));
  return { ...op, changes };
}
