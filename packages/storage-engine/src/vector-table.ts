import type { FilterPredicate, Metadata, VectorMatch, VectorMetric, VectorRecord } from "@keelson/core";
import { copyJson } from "./json-copy.ts";
import type { UpsertRecord } from "./op.ts";
import { createOrderedMap, type PageRange } from "./ordered-map.ts";
import { createScorer, inverseNorm } from "./similarity.ts";
import { createSlabs } from "./slabs.ts";
import { createTopRows } from "./top-rows.ts";

/** One collection: columns of ids, vectors, texts and metadata, a row a record, without gaps. */
export interface VectorTable {
  readonly name: string;
  readonly dimension: number;
  readonly metric: VectorMetric;
  upsert(record: UpsertRecord): void;
  delete(id: string): void;
  has(id: string): boolean;
  get(id: string): VectorRecord | undefined;
  page(range: PageRange): VectorRecord[];
  /** Scores every row that the filter accepts. */
  query(vector: Float32Array, topK: number, accepts: FilterPredicate | undefined): VectorMatch[];
}

export function createVectorTable(name: string, dimension: number, metric: VectorMetric): VectorTable {
  const rowOf = createOrderedMap<number>();
  const ids: string[] = [];
  const texts: (string | undefined)[] = [];
  const metadata: (Metadata | undefined)[] = [];
  // Vectors stay as they came, so that what is read is what was written; cosine multiplies by this instead.
  const inverseNorms: number[] = [];
  const vectors = createSlabs(dimension);

  const content = (row: number): { id: string; text?: string; metadata?: Metadata } => {
    const text = texts[row];
    const data = metadata[row];
    return {
      id: ids[row] as string,
      ...(text !== undefined && { text }),
      ...(data !== undefined && { metadata: copyJson(data) }),
    };
  };
  const read = (row: number): VectorRecord => ({ ...content(row), vector: vectors.read(row) });

  return {
    name,
    dimension,
    metric,
    upsert: (record) => {
      const row = rowOf.get(record.id) ?? ids.length;
      if (row === ids.length) rowOf.set(record.id, row);
      ids[row] = record.id;
      texts[row] = record.text;
      metadata[row] = record.metadata;
      vectors.write(row, record.vector);
      const { slab, offset } = vectors.locate(row);
      inverseNorms[row] = inverseNorm(slab, offset, dimension);
    },
    delete: (id) => {
      const row = rowOf.get(id);
      if (row === undefined) return;
      const last = ids.length - 1;
      rowOf.delete(id);
      if (row !== last) {
        rowOf.set(ids[last] as string, row);
        ids[row] = ids[last] as string;
        texts[row] = texts[last];
        metadata[row] = metadata[last];
        inverseNorms[row] = inverseNorms[last] as number;
        vectors.move(last, row);
      }
      for (const column of [ids, texts, metadata, inverseNorms]) column.length = last;
      vectors.shrink(last);
    },
    has: (id) => rowOf.get(id) !== undefined,
    get: (id) => {
      const row = rowOf.get(id);
      return row === undefined ? undefined : read(row);
    },
    page: (range) => rowOf.page(range).map(read),
    query: (vector, topK, accepts) => {
      const score = createScorer(metric, vector);
      const top = createTopRows(topK, ids);
      for (let row = 0; row < ids.length; row++) {
        if (accepts !== undefined && !accepts(metadata[row])) continue;
        const { slab, offset } = vectors.locate(row);
        top.offer(row, score(slab, offset, inverseNorms[row] as number));
      }
      return top.sorted().map((found) => ({ ...content(found.row), score: found.score }));
    },
  };
}
