import { describe, expect, it } from "vitest";
import { createSlabs } from "../src/slabs.ts";

describe(createSlabs.name, () => {
  it("keeps rows that lie in different slabs, and moves between them", () => {
    const dimension = 1 << 17;
    const slabs = createSlabs(dimension);
    const row = (value: number): Float32Array => new Float32Array(dimension).fill(value);
    for (let n = 0; n < 5; n++) slabs.write(n, row(n));
    slabs.move(4, 1);
    const firsts = [0, 1, 2, 3].map((n) => slabs.read(n)[0]);
    expect(firsts).toEqual([0, 4, 2, 3]);
    expect(slabs.locate(0).slab).not.toBe(slabs.locate(3).slab);
  });

  it("starts small and gives back what is no longer used", () => {
    const slabs = createSlabs(2);
    slabs.write(0, Float32Array.of(1, 2));
    expect(slabs.locate(0).slab.length).toBeLessThan(100);
    slabs.shrink(0);
    expect(slabs.locate(0).slab).toBeUndefined();
  });

  it("gives copies", () => {
    const slabs = createSlabs(1);
    slabs.write(0, Float32Array.of(1));
    slabs.read(0).fill(9);
    expect(slabs.read(0)).toEqual(Float32Array.of(1));
  });
});
