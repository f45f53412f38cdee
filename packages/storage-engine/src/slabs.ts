const FLOATS_PER_SLAB = 1 << 18;

/** Rows of floats of one width, side by side in a few large arrays, so that a scan reads memory in order. */
export interface Slabs {
  /** Writes a row: one that exists, or the one after the last. */
  write(row: number, vector: Float32Array): void;
  /** A copy of a row. */
  read(row: number): Float32Array;
  /** Copies a row over another. */
  move(from: number, to: number): void;
  /** Gives back what lies behind the first `rows` rows. */
  shrink(rows: number): void;
  /** The array that holds a row, and where in it the row starts. */
  locate(row: number): { readonly slab: Float32Array; readonly offset: number };
}

export function createSlabs(dimension: number): Slabs {
  const rowsPerSlab = Math.max(1, Math.floor(FLOATS_PER_SLAB / dimension));
  const slabs: Float32Array[] = [];

  const reserve = (row: number): void => {
    const index = Math.floor(row / rowsPerSlab);
    const needed = (row % rowsPerSlab) + 1;
    const slab = slabs[index];
    const rows = slab === undefined ? 0 : slab.length / dimension;
    if (rows >= needed) return;
    // The first slab grows, so that a small collection stays small; later ones come whole.
    const grown = index > 0 ? rowsPerSlab : Math.min(rowsPerSlab, Math.max(16, needed, 2 * rows));
    const larger = new Float32Array(grown * dimension);
    if (slab !== undefined) larger.set(slab);
    slabs[index] = larger;
  };
  const locate: Slabs["locate"] = (row) => ({
    slab: slabs[Math.floor(row / rowsPerSlab)] as Float32Array,
    offset: (row % rowsPerSlab) * dimension,
  });

  return {
    locate,
    write: (row, vector) => {
      reserve(row);
      const { slab, offset } = locate(row);
      slab.set(vector, offset);
    },
    read: (row) => {
      const { slab, offset } = locate(row);
      return slab.slice(offset, offset + dimension);
    },
    move: (from, to) => {
      const source = locate(from);
      const target = locate(to);
      target.slab.set(source.slab.subarray(source.offset, source.offset + dimension), target.offset);
    },
    shrink: (rows) => {
      slabs.length = Math.min(slabs.length, Math.ceil(rows / rowsPerSlab));
    },
  };
}
