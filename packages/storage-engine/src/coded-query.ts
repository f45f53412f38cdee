import { type KernelCodes, MAX_CODE } from "./kernel/kernel-codes.ts";

/** A query whose numbers are rounded to whole ones of 16 bits, to be measured against codes of 8. */
export interface CodedQuery {
  readonly codes: Int16Array;
  /** The highest product of the query and a row whose codes measured so; infinite where they say nothing. */
  highestDot(codes: KernelCodes, row: number, measured: number): number;
}

/** @returns `undefined` for a query that codes cannot stand for: one of zeros alone. */
export function createCodedQuery(query: Float32Array): CodedQuery | undefined {
  const most = largestCode(query.length);
  const unit = query.reduce((max, number) => Math.max(max, Math.abs(number)), 0) / most;
  if (!(unit > 0 && Number.isFinite(unit))) return undefined;
  const codes = Int16Array.from(query, (number) => Math.round(number / unit));
  let square = 0;
  let residualSquare = 0;
  for (const [i, number] of query.entries()) {
    square += number ** 2;
    residualSquare += (number - (codes[i] as number) * unit) ** 2;
  }
  const length = Math.sqrt(square);
  // With q' and r' for what the codes of query and row stand for, q·r = q'·r' + (q - q')·r' + q·(r - r'). By the
  // inequality of Cauchy and Schwarz, the second product is at most |q - q'| |r'|, where no number of r' is larger than
  // MAX_CODE units, and the third at most |q| |r - r'|. All this is reckoned in doubles: what they round away is far
  // less than the margin of `highestOfDot`, a part in 2^23 of |q| |r| and more.
  const lost = Math.sqrt(residualSquare) * MAX_CODE * Math.sqrt(query.length);
  return {
    codes,
    highestDot: ({ units, residuals }, row, measured) => {
      // The kernel gives the whole sum as a float of 24 bits.
      const sum = measured + Math.abs(measured) * 2 ** -23;
      return (units[row] as number) * (sum * unit + lost) + (residuals[row] as number) * length;
    },
  };
}

// Such that no sum of products with codes leaves 32 bits, in whatever order.
function largestCode(dimension: number): number {
  return Math.min(2 ** 15 - 1, Math.floor((2 ** 31 - 1) / (MAX_CODE * dimension)));
}
