/** Rows once more, each number rounded to a whole one of 8 bits: a quarter of the bytes to read. */
export interface KernelCodes {
  /** What 1 in the codes of a row stands for, by row. */
  readonly units: Float64Array;
  /** At least the length of what rounding took from a row, by row; infinite for a row whose codes say nothing. */
  readonly residuals: Float64Array;
  /** Makes the codes of a row from the floats that lie there. */
  encode(row: number): void;
  /** Leaves nothing of the codes of a row. */
  wipe(row: number): void;
  /** Measures the first `count` rows of the slab's list: the sums of the products of their codes and the query's. */
  measure(query: Int16Array, count: number): void;
}

/** The functions of kernel.wat that work on codes. Their arguments are places in the memory, widths in bytes, counts. */
export interface CodeFunctions {
  dotOfCodes(query: number, codes: number, width: number, list: number, count: number, out: number): void;
  encode(vector: number, end: number, codes: number, out: number): void;
}

/** Where in its memory a slab keeps what the codes need, each at a byte. */
export interface CodePlaces {
  readonly codes: number;
  readonly queryCodes: number;
  readonly list: number;
  readonly measures: number;
  /** Room for a vector, wiped after use. */
  readonly vector: number;
}

/** The largest code, and minus it the smallest. */
export const MAX_CODE = 127;

// Codes per unit outside of which 32 bits do not do to encode a row.
const LEAST_PER_UNIT = 2 ** -64;
const MOST_PER_UNIT = 2 ** 64;

/** How many bytes a row of codes takes, and how many floats the kernel encodes at once come to a whole row. */
export function paddedDimension(dimension: number): number {
  return Math.ceil(dimension / 16) * 16;
}

/** @param rows The rows of the slab, at the beginning of its memory. */
export function createKernelCodes(
  rows: Float32Array,
  dimension: number,
  places: CodePlaces,
  functions: CodeFunctions,
): KernelCodes {
  const { buffer } = rows;
  const width = paddedDimension(dimension);
  const count = rows.length / dimension;
  const codes = new Int8Array(buffer, places.codes, count * width);
  const query = new Int16Array(buffer, places.queryCodes, dimension);
  const vector = new Float32Array(buffer, places.vector, dimension);
  const encoded = new Float32Array(buffer, places.measures, 2);
  const units = new Float64Array(count);
  // The kernel reckons in 32 bits. A sum of n squares is off by at most n * 2^-24 / (1 - n * 2^-24) of itself; and each
  // product of a float and codes per unit, at most MAX_CODE, by 2^-24 of itself. Twice that covers what underflows.
  const relative = 1 + (dimension + 8) * 2 ** -23;
  const absolute = MAX_CODE * Math.sqrt(dimension) * 2 ** -23;
  const residuals = new Float64Array(count).fill(Number.POSITIVE_INFINITY);

  const wipe = (row: number): void => {
    codes.fill(0, row * width, (row + 1) * width);
    units[row] = 0;
    residuals[row] = Number.POSITIVE_INFINITY;
  };
  return {
    units,
    residuals,
    wipe,
    encode: (row) => {
      vector.set(rows.subarray(row * dimension, (row + 1) * dimension));
      functions.encode(
        places.vector,
        places.vector + width * Float32Array.BYTES_PER_ELEMENT,
        places.codes + row * width,
        places.measures,
      );
      vector.fill(0);
      const [perUnit = 0, square = 0] = encoded;
      if (perUnit < LEAST_PER_UNIT || perUnit > MOST_PER_UNIT) {
        wipe(row);
        return;
      }
      units[row] = 1 / perUnit;
      residuals[row] = (Math.sqrt(square) * relative + absolute) / perUnit;
    },
    measure: (queryCodes, length) => {
      query.set(queryCodes);
      functions.dotOfCodes(places.queryCodes, places.codes, width, places.list, length, places.measures);
    },
  };
}
