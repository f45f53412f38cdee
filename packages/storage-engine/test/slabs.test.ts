import { describe, expect, it } from "vitest";
import { loadKernel } from "../src/kernel/load-kernel.ts";
import { createSlabs, type Slabs, type SlabsOptions } from "../src/slabs.ts";

const kernel = loadKernel();

/** Four rows of 4 floats in each slab. */
function createSubject(options: SlabsOptions = {}): Slabs {
  return createSlabs(4, { bytesPerSlab: 64, ...options });
}
const row = (value: number): Float32Array => new Float32Array(4).fill(value);

describe.each([
  ["createSlabs without a kernel", {}],
  ["createSlabs with a kernel", { kernel, smallBytes: 0 }],
])("%s", (_, options: SlabsOptions) => {
  it("keeps rows that lie in different slabs", () => {
    const slabs = createSubject(options);
    for (let n = 0; n < 10; n++) slabs.write(n, row(n));
    slabs.remove(1, 9);
    expect(Array.from({ length: 9 }, (_, n) => slabs.read(n)[3])).toEqual([0, 9, 2, 3, 4, 5, 6, 7, 8]);
    expect(slabs.locate(3).slab).not.toBe(slabs.locate(4).slab);
  });

  it("lays rows side by side, so that a slab can be copied as it lies", () => {
    const slabs = createSubject(options);
    for (let n = 0; n < 5; n++) slabs.write(n, Float32Array.of(n, 0, 0, -n));
    expect([...(slabs.slabs[0]?.rows.subarray(0, 16) ?? [])]).toEqual([
      ...[0, 0, 0, -0],
      ...[1, 0, 0, -1],
      ...[2, 0, 0, -2],
      ...[3, 0, 0, -3],
    ]);
  });

  it("wipes what is removed and gives slabs back, but for one in spare", () => {
    const slabs = createSubject(options);
    for (let n = 0; n < 12; n++) slabs.write(n, row(7));
    const { slab, offset } = slabs.locate(11);
    slabs.remove(11, 11);
    expect([...slab.subarray(offset, offset + 4)]).toEqual([0, 0, 0, 0]);
    for (let last = 10; last >= 4; last--) slabs.remove(0, last);
    expect(slabs.slabs).toHaveLength(2);
    for (let last = 3; last >= 0; last--) slabs.remove(0, last);
    expect(slabs.slabs).toHaveLength(0);
    slabs.write(0, row(1));
    expect(slabs.read(0)).toEqual(row(1));
  });

  it("gives copies", () => {
    const slabs = createSubject(options);
    slabs.write(0, row(1));
    slabs.read(0).fill(9);
    expect(slabs.read(0)).toEqual(row(1));
  });

  it("leaves a view of a slab whole while others come and go", () => {
    const slabs = createSubject(options);
    for (let n = 0; n < 4; n++) slabs.write(n, row(n));
    const { slab } = slabs.locate(0);
    for (let n = 4; n < 400; n++) slabs.write(n, row(n));
    for (let last = 399; last >= 4; last--) slabs.remove(last, last);
    expect(slab).toHaveLength(16);
    expect(slabs.locate(0).slab).toBe(slab);
  });
});

describe(createSlabs.name, () => {
  it("starts small, outside the kernel's memory, and moves in when it is large", () => {
    const slabs = createSlabs(2, { kernel, bytesPerSlab: 1024, smallBytes: 512 });
    slabs.write(0, Float32Array.of(1, 2));
    expect(slabs.slabs[0]?.rows).toHaveLength(32);
    expect(slabs.slabs[0]?.inKernel).toBeUndefined();
    for (let n = 1; n < 65; n++) slabs.write(n, Float32Array.of(n, 0));
    expect(slabs.slabs[0]?.inKernel?.rows).toBe(slabs.slabs[0]?.rows);
    expect(slabs.read(0)).toEqual(Float32Array.of(1, 2));
    expect(slabs.read(63)).toEqual(Float32Array.of(63, 0));
  });

  it("asks no more once the kernel has no memory left", () => {
    let asked = 0;
    const slabs = createSubject({
      smallBytes: 0,
      kernel: {
        createSlab: () => {
          asked++;
          return undefined;
        },
      },
    });
    for (let n = 0; n < 20; n++) slabs.write(n, row(n));
    expect(asked).toBe(1);
    expect(slabs.read(19)).toEqual(row(19));
  });

  it("makes room where it would write row by row", () => {
    const dimension = 3;
    for (const bytesPerSlab of [36, 48, 1 << 20]) {
      const [appended, written] = [
        createSlabs(dimension, { bytesPerSlab }),
        createSlabs(dimension, { bytesPerSlab }),
      ];
      let rows = 0;
      for (const count of [1, 5, 2, 9]) {
        const vectors = Float32Array.from({ length: count * dimension }, (_, n) => 100 * rows + n);
        let done = 0;
        for (const piece of appended.room(rows, count)) {
          piece.set(vectors.subarray(done, done + piece.length));
          done += piece.length;
        }
        expect(done).toBe(vectors.length);
        for (let n = 0; n < count; n++)
          written.write(rows + n, vectors.subarray(n * dimension, (n + 1) * dimension));
        rows += count;
      }
      for (let row = 0; row < rows; row++) expect(appended.read(row)).toEqual(written.read(row));
    }
  });
});
