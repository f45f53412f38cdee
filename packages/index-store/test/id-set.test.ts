import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createIdSet } from "../src/id-set.ts";

describe("createIdSet", () => {
  it("answers as a Set does, whatever the ids", () => {
    const ids = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.nat(50).map(String)), { maxLength: 300 });
    fc.assert(
      fc.property(fc.string(), ids, ids, (seed, added, asked) => {
        const set = createIdSet(seed);
        const model = new Set<string>();
        for (const id of added) {
          expect(set.add(id)).toBe(!model.has(id));
          model.add(id);
          expect(set.size).toBe(model.size);
        }
        for (const id of [...added, ...asked]) expect(set.has(id)).toBe(model.has(id));
      }),
    );
  });

  it("keeps what it has while it grows", () => {
    const set = createIdSet("seed");
    const ids = Array.from({ length: 20_000 }, (_, i) => `document ${i}`);
    expect(ids.every((id) => set.add(id))).toBe(true);
    expect(ids.some((id) => set.add(id))).toBe(false);
    expect(ids.every((id) => set.has(id))).toBe(true);
    expect(set.has("document 20000")).toBe(false);
    expect(set.size).toBe(20_000);
  });

  it("tells ids of equal hash apart", () => {
    // So many that the hashes of some, 32 bits each, are equal.
    const set = createIdSet("");
    const ids = Array.from({ length: 200_000 }, (_, i) => `${i * 7919}/${i}`);
    expect(ids.every((id) => set.add(id))).toBe(true);
    expect(set.size).toBe(ids.length);
  });
});
