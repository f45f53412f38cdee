import type { KernelCodes } from "./kernel/kernel-codes.ts";
import type { Kernel, KernelSlab } from "./kernel/load-kernel.ts";

/** What is kept of vectors beside their floats, so that a scan reads less. */
export type Quantization = "none" | "int8";

/** Where the vectors of a table lie. */
export interface SlabsOptions {
  /** Whose memory large slabs lie in, so that it can measure them. Default: none. */
  readonly kernel?: Kernel | undefined;
  /** Does the kernel keep codes of the rows, to read less? Default: "none". */
  readonly quantization?: Quantization | undefined;
  /** Default: 16 MiB. */
  readonly bytesPerSlab?: number | undefined;
  /** Up to how many bytes a table grows step by step, outside the kernel's memory. Default: 1 MiB. */
  readonly smallBytes?: number | undefined;
}

/** Some rows that lie side by side. */
interface Slab {
  /** Row-major: as many floats a row as the dimension, no gaps. */
  readonly rows: Float32Array;
  /** The same rows, as the kernel has them; `undefined` when it has not. */
  readonly inKernel: KernelSlab | undefined;
}

/** Rows of floats of one width, side by side in a few large arrays, so that a scan reads memory in order. */
export interface Slabs {
  /** Writes a row: one that exists, or the one after the last. */
  write(row: number, vector: Float32Array): void;
  /** Makes room for rows behind the last, which is the one before `row`: memory for them in order, a piece a slab. */
  room(row: number, count: number): Float32Array[];
  /** Makes what is kept beside a row whose floats were put where {@link Slabs.room} said. */
  encode(row: number): void;
  /** A copy of a row. */
  read(row: number): Float32Array;
  /** Copies the last row over another, wipes it, and gives back the memory that is no longer used. */
  remove(row: number, last: number): void;
  /** The array that holds a row, and where in it the row starts. */
  locate(row: number): { readonly slab: Float32Array; readonly offset: number };
  /** All slabs, by their first row. Each but the last is full of rows; slabs without rows may follow. */
  readonly slabs: readonly Slab[];
  readonly rowsPerSlab: number;
}

export function createSlabs(dimension: number, options: SlabsOptions = {}): Slabs {
  const { bytesPerSlab = 1 << 24, smallBytes = 1 << 20 } = options;
  const width = dimension * Float32Array.BYTES_PER_ELEMENT;
  const rowsPerSlab = Math.max(1, Math.floor(bytesPerSlab / width));
  const slabs: Slab[] = [];
  let { kernel } = options;

  const createSlab = (): Slab => {
    const inKernel = kernel?.createSlab(rowsPerSlab, dimension, options.quantization === "int8");
    // Asking again would cost a collection of garbage each time.
    if (inKernel === undefined) kernel = undefined;
    return { rows: inKernel?.rows ?? new Float32Array(rowsPerSlab * dimension), inKernel };
  };
  const reserve = (row: number): void => {
    const index = Math.floor(row / rowsPerSlab);
    const needed = (row % rowsPerSlab) + 1;
    // Not beyond the end: the engine would throw away what it has compiled with every new slab.
    const slab = index < slabs.length ? slabs[index] : undefined;
    const rows = slab === undefined ? 0 : slab.rows.length / dimension;
    if (rows >= needed) return;
    // The first slab grows, so that a small table stays small; later ones come whole.
    const grown = Math.max(Math.min(16, rowsPerSlab), needed, 2 * rows);
    const small = index === 0 && grown * width <= Math.min(smallBytes, bytesPerSlab);
    const larger = small ? { rows: new Float32Array(grown * dimension), inKernel: undefined } : createSlab();
    if (slab !== undefined) larger.rows.set(slab.rows);
    slabs[index] = larger;
    for (let each = 0; each < rows; each++) larger.inKernel?.codes?.encode(each);
  };
  const codesOf = (row: number): KernelCodes | undefined =>
    slabs[Math.floor(row / rowsPerSlab)]?.inKernel?.codes;
  const encode = (row: number): void => codesOf(row)?.encode(row % rowsPerSlab);
  const locate: Slabs["locate"] = (row) => ({
    slab: slabs[Math.floor(row / rowsPerSlab)]?.rows as Float32Array,
    offset: (row % rowsPerSlab) * dimension,
  });

  return {
    slabs,
    rowsPerSlab,
    locate,
    encode,
    write: (row, vector) => {
      reserve(row);
      const { slab, offset } = locate(row);
      slab.set(vector, offset);
      encode(row);
    },
    room: (row, count) => {
      const pieces: Float32Array[] = [];
      const end = row + count;
      for (let at = row; at < end; ) {
        const until = Math.min(end, at - (at % rowsPerSlab) + rowsPerSlab);
        reserve(until - 1);
        const { slab, offset } = locate(at);
        pieces.push(slab.subarray(offset, offset + (until - at) * dimension));
        at = until;
      }
      return pieces;
    },
    read: (row) => {
      const { slab, offset } = locate(row);
      return slab.slice(offset, offset + dimension);
    },
    remove: (row, last) => {
      const source = locate(last);
      const target = locate(row);
      const end = source.offset + dimension;
      if (source.slab === target.slab) source.slab.copyWithin(target.offset, source.offset, end);
      else target.slab.set(source.slab.subarray(source.offset, end), target.offset);
      source.slab.fill(0, source.offset, end);
      if (row !== last) encode(row);
      codesOf(last)?.wipe(last % rowsPerSlab);
      // A spare one stays, so that a table at a bound does not allocate with every other write.
      const kept = last === 0 ? 0 : Math.ceil(last / rowsPerSlab) + 1;
      slabs.length = Math.min(slabs.length, kept);
    },
  };
}
