import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import wabt from "wabt";
import { kernelBytes } from "../src/kernel/kernel-bytes.ts";
import {
  createKernel,
  type KernelSlab,
  loadKernel,
  type WebAssemblyHost,
} from "../src/kernel/load-kernel.ts";

const host = (globalThis as unknown as { WebAssembly: WebAssemblyHost }).WebAssembly;

function createSlab(rows: number, dimension: number): KernelSlab {
  const slab = createKernel(host)?.createSlab(rows, dimension, false);
  if (slab === undefined) throw new Error("this host runs no kernel");
  return slab;
}

describe(createKernel.name, () => {
  it("holds the bytes that its text makes", async () => {
    const { parseWat } = await wabt();
    const text = readFileSync(new URL("../src/kernel/kernel.wat", import.meta.url), "utf8");
    const { buffer } = parseWat("kernel.wat", text, { simd: true }).toBinary({});
    expect(kernelBytes).toBe(Buffer.from(buffer).toString("base64"));
  });

  it("measures whole numbers exactly, in every dimension", () => {
    for (let dimension = 1; dimension <= 70; dimension++) {
      const slab = createSlab(3, dimension);
      slab.rows.set(Array.from({ length: 3 * dimension }, (_, i) => ((i * 7) % 11) - 5));
      const query = Float32Array.from({ length: dimension }, (_, i) => ((i * 5) % 7) - 3);
      slab.list.set([2, 0]);
      const row = (n: number): number[] => [...slab.rows.subarray(n * dimension, (n + 1) * dimension)];
      const sum = (n: number, term: (x: number, y: number) => number): number =>
        row(n).reduce((total, x, i) => total + term(x, query[i] as number), 0);

      slab.measure("dot", query, 2);
      const dot = (x: number, y: number): number => x * y;
      expect([...slab.measures]).toEqual([sum(2, dot), sum(0, dot), 0]);
      slab.measure("squaredDistance", query, 2);
      const square = (x: number, y: number): number => (x - y) ** 2;
      expect([...slab.measures]).toEqual([sum(2, square), sum(0, square), 0]);
    }
  });

  it("does without where the host has no WebAssembly, no SIMD, or no memory left", () => {
    class Refusing {
      constructor() {
        throw new Error("refused");
      }
    }
    expect(createKernel(undefined)).toBeUndefined();
    expect(createKernel({ ...parts(), Module: Refusing as never })).toBeUndefined();
    expect(createKernel({ ...parts(), Memory: Refusing as never })?.createSlab(1, 1, false)).toBeUndefined();
  });

  it("is made once", () => {
    expect(loadKernel()).toBe(loadKernel());
    expect(loadKernel()).toBeDefined();
  });
});

function parts(): WebAssemblyHost {
  return { Module: host.Module, Memory: host.Memory, Instance: host.Instance };
}
