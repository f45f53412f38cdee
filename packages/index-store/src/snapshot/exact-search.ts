import type { VectorMetric } from "@keelson/core";

/** The best of all vectors it is offered, by the plain formula: what a search is compared with. */
export interface ExactSearch {
  offer(id: string, vector: Float32Array): void;
  /** The ids of the best, and the score of the last of them. */
  result(): { readonly ids: ReadonlySet<string>; readonly least: number };
}

export function createExactSearch(metric: VectorMetric, query: Float32Array, topK: number): ExactSearch {
  const best: { readonly id: string; readonly score: number }[] = [];
  return {
    offer: (id, vector) => {
      const score = scoreOf(metric, query, vector);
      const last = best.at(-1);
      if (best.length === topK && last !== undefined && score <= last.score) return;
      const place = best.findIndex((each) => each.score < score);
      best.splice(place === -1 ? best.length : place, 0, { id, score });
      if (best.length > topK) best.pop();
    },
    result: () => ({
      ids: new Set(best.map(({ id }) => id)),
      least: best.at(-1)?.score ?? Number.NEGATIVE_INFINITY,
    }),
  };
}

function scoreOf(metric: VectorMetric, a: Float32Array, b: Float32Array): number {
  let [product, squareA, squareB, distance] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    product += x * y;
    squareA += x * x;
    squareB += y * y;
    distance += (x - y) ** 2;
  }
  if (metric === "dot") return product;
  if (metric === "euclidean") return 1 / (1 + Math.sqrt(distance));
  return squareA === 0 || squareB === 0 ? 0 : product / Math.sqrt(squareA * squareB);
}
