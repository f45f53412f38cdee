import { kernelBytes } from "./kernel-bytes.ts";
import { type CodeFunctions, createKernelCodes, type KernelCodes, paddedDimension } from "./kernel-codes.ts";

/** How vectors are measured: what every metric's score is made of. */
export type Measure = "dot" | "squaredDistance";

/** Rows of floats in a memory that the kernel reads where they lie. */
export interface KernelSlab {
  /** All rows, side by side. The array is never detached. */
  readonly rows: Float32Array;
  /** The numbers of the rows to measure, as many as have room: whoever measures fills it. */
  readonly list: Uint32Array;
  /** What the rows of `list` measured, in its order. */
  readonly measures: Float32Array;
  /** Measures the first `count` rows of `list` against the query. */
  measure(measure: Measure, query: Float32Array, count: number): void;
  /** What measures them faster and worse; `undefined` where it was not asked for. */
  readonly codes: KernelCodes | undefined;
}

/** What measures vectors fast, in WebAssembly SIMD, to about seven digits. */
export interface Kernel {
  /**
   * @param coded Are codes kept beside the rows?
   * @returns `undefined` when no memory is to be had.
   */
  createSlab(rows: number, dimension: number, coded: boolean): KernelSlab | undefined;
}

/** What is used of WebAssembly. Not every host has it, and the compiler's library for servers does not know it. */
export interface WebAssemblyHost {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (descriptor: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (
    module: object,
    imports: { slab: { memory: object } },
  ) => { readonly exports: Record<Measure, KernelFunction> & CodeFunctions };
}

type KernelFunction = (query: number, width: number, list: number, count: number, out: number) => void;

const BYTES_PER_PAGE = 1 << 16;
// So few that their numbers and measures stay in the nearest cache.
const ROWS_AT_ONCE = 1024;
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
    createSlab: (rows, dimension, coded) => {
      const width = dimension * Float32Array.BYTES_PER_ELEMENT;
      const padded = paddedDimension(dimension);
      const atOnce = Math.min(rows, ROWS_AT_ONCE);
      let end = 0;
      const take = (bytes: number): number => {
        const start = end;
        end += Math.ceil(bytes / 16) * 16;
        return start;
      };
      take(rows * width);
      const query = take(padded * Float32Array.BYTES_PER_ELEMENT);
      const list = take(atOnce * Uint32Array.BYTES_PER_ELEMENT);
      const measures = take(atOnce * Float32Array.BYTES_PER_ELEMENT);
      const codes = take(coded ? rows * padded : 0);
      const queryCodes = take(coded ? padded * Int16Array.BYTES_PER_ELEMENT : 0);
      const memory = allocate(host, Math.ceil(end / BYTES_PER_PAGE));
      if (memory === undefined) return undefined;

      const { buffer } = memory;
      const { exports } = new host.Instance(module, { slab: { memory } });
      const queryPlace = new Float32Array(buffer, query, dimension);
      const floats = new Float32Array(buffer, 0, rows * dimension);
      const places = { codes, queryCodes, list, measures, vector: query };
      return {
        rows: floats,
        list: new Uint32Array(buffer, list, atOnce),
        measures: new Float32Array(buffer, measures, atOnce),
        measure: (measure, vector, count) => {
          queryPlace.set(vector);
          exports[measure](query, width, list, count, measures);
        },
        codes: coded ? createKernelCodes(floats, dimension, places, exports) : undefined,
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
