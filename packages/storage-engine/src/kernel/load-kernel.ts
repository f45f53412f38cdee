import { kernelBytes } from "./kernel-bytes.ts";

/** How vectors are measured: what every metric's score is made of. */
export type Measure = "dot" | "squaredDistance";

/** Rows of floats in a memory that the kernel reads where they lie. */
export interface KernelSlab {
  /** All rows, side by side. The array is never detached. */
  readonly rows: Float32Array;
  /** The numbers of the rows to measure: whoever calls {@link KernelSlab.measure} fills it. */
  readonly list: Uint32Array;
  /** What the rows of `list` measured, in its order. */
  readonly measures: Float32Array;
  /** Measures the first `count` rows of `list` against the query. */
  measure(measure: Measure, query: Float32Array, count: number): void;
}

/** What measures vectors fast, in WebAssembly SIMD, to about seven digits. */
export interface Kernel {
  /** @returns `undefined` when no memory is to be had. */
  createSlab(rows: number, dimension: number): KernelSlab | undefined;
}

/** What is used of WebAssembly. Not every host has it, and the compiler's library for servers does not know it. */
export interface WebAssemblyHost {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (descriptor: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (
    module: object,
    imports: { slab: { memory: object } },
  ) => { readonly exports: Record<Measure, KernelFunction> };
}

type KernelFunction = (query: number, width: number, list: number, count: number, out: number) => void;

const BYTES_PER_PAGE = 1 << 16;
let loaded: { readonly kernel: Kernel | undefined } | undefined;

/** The kernel of this host, made once; `undefined` where there is no WebAssembly with SIMD. */
export function loadKernel(): Kernel | undefined {
  loaded ??= { kernel: createKernel((globalThis as { WebAssembly?: WebAssemblyHost }).WebAssembly) };
  return loaded.kernel;
}

/** @returns `undefined` when the host can't run it. */
export function createKernel(host: WebAssemblyHost | undefined): Kernel | undefined {
  if (host === undefined) return undefined;
  const module = compile(host);
  if (module === undefined) return undefined;

  return {
    createSlab: (rows, dimension) => {
      const width = dimension * Float32Array.BYTES_PER_ELEMENT;
      const query = rows * width;
      const list = query + width;
      const measures = list + rows * Uint32Array.BYTES_PER_ELEMENT;
      const end = measures + rows * Float32Array.BYTES_PER_ELEMENT;
      const pages = Math.ceil(end / BYTES_PER_PAGE);
      const memory = allocate(host, pages);
      if (memory === undefined) return undefined;
      const { buffer } = memory;
      const { exports } = new host.Instance(module, { slab: { memory } });
      const queryPlace = new Float32Array(buffer, query, dimension);
      return {
        rows: new Float32Array(buffer, 0, rows * dimension),
        list: new Uint32Array(buffer, list, rows),
        measures: new Float32Array(buffer, measures, rows),
        measure: (measure, vector, count) => {
          queryPlace.set(vector);
          exports[measure](query, width, list, count, measures);
        },
      };
    },
  };
}

function compile(host: WebAssemblyHost): object | undefined {
  try {
    return new host.Module(Uint8Array.from(atob(kernelBytes), (char) => char.charCodeAt(0)));
  } catch {
    // No SIMD, or a host that forbids compiling: the plain kernel answers the same.
    return undefined;
  }
}

function allocate(host: WebAssemblyHost, pages: number): { readonly buffer: ArrayBuffer } | undefined {
  try {
    return new host.Memory({ initial: pages, maximum: pages });
  } catch {
    // Each memory reserves gigabytes of addresses, and a host may have run out of them.
    return undefined;
  }
}
