import type { FilterPredicate, Metadata, VectorMatch, VectorMetric, VectorRecord } from "@keelson/core";
import type { RowBlock, RowColumns } from "./block.ts";
import { copyJson } from "./json-copy.ts";
import { loadKernel } from "./kernel/load-kernel.ts";
import { evaluate, type Lazy } from "./lazy.ts";
import type { UpsertRecord } from "./op.ts";
import type { PageRange } from "./ordered-map.ts";
import { createRowIndex } from "./row-index.ts";
import { sieveRows } from "./sieve-rows.ts";
import { createSimilarity, inverseNorm, MAX_BOUNDED_DIMENSION } from "./similarity.ts";
import { createSlabs, type SlabsOptions } from "./slabs.ts";
import { createTopRows } from "./top-rows.ts";

const NOT_MEASURED = -1;

/** One collection: columns of ids, vectors, texts and metadata, a row a record, without gaps. */
export interface VectorTable {
  readonly name: string;
  readonly dimension: number;
  readonly metric: VectorMetric;
  /** How many records it has. */
  readonly size: number;
  /** How many bytes its records take on the medium. */
  readonly bytes: number;
  /** @param bytes How many the record takes on the medium. Default: 0, where there is none. */
  upsert(record: UpsertRecord, bytes?: number): void;
  delete(id: string): void;
  has(id: string): boolean;
  get(id: string): VectorRecord | undefined;
  page(range: PageRange): VectorRecord[];
  /** The records behind `after`, by ascending id, until they take `most` bytes on the medium; one at the least. */
  part(after: string | undefined, most: number): RowBlock;
  /** The memory for the vectors of so many records that are loaded next, in pieces. */
  room(count: number): readonly Float32Array[];
  /**
   * Adds records, whose vectors lie in what {@link VectorTable.room} gave, or will before anything is read.
   *
   * @param bytes How many each takes on the medium.
   * @throws Error when one does not stand behind all that are there.
   */
  load(rows: RowColumns, bytes: number): void;
  /** The best of the rows that the filter accepts, the same with a kernel and without. */
  query(vector: Float32Array, topK: number, accepts: FilterPredicate | undefined): VectorMatch[];
}

/** @param options Where the vectors lie. Default: in the memory of this host's kernel, if it has one. */
export function createVectorTable(
  name: string,
  dimension: number,
  metric: VectorMetric,
  options: SlabsOptions = { kernel: loadKernel() },
): VectorTable {
  const rowOf = createRowIndex();
  const ids: string[] = [];
  const texts: (string | undefined)[] = [];
  const metadata: (Lazy<Metadata> | undefined)[] = [];
  // What was loaded stays as it came until it is replaced: its columns, and the record's place in them.
  const blocks: (Omit<RowColumns, "ids"> | undefined)[] = [];
  const places: number[] = [];
  const sizes: number[] = [];
  let bytes = 0;
  // Vectors stay as they came, so that what is read is what was written; cosine multiplies by this instead.
  const inverseNorms: number[] = [];
  // Those of what was loaded are left to the first query.
  let normsMissing = false;
  const kernel = dimension <= MAX_BOUNDED_DIMENSION ? options.kernel : undefined;
  const vectors = createSlabs(dimension, { ...options, kernel });

  const textOf = (row: number): string | undefined => {
    const block = blocks[row];
    return block === undefined ? texts[row] : block.texts.at(places[row] as number);
  };
  const decodeMetadata = (row: number): Metadata | undefined =>
    evaluate(metadata[row]) ?? blocks[row]?.metadata.at(places[row] as number);
  // Kept, unlike a text: a filter asks again and again.
  const metadataOf = (row: number): Metadata | undefined => {
    const decoded = decodeMetadata(row);
    metadata[row] = decoded;
    return decoded;
  };
  const content = (row: number): { id: string; text?: string; metadata?: Metadata } => {
    const text = textOf(row);
    const data = metadataOf(row);
    return {
      id: ids[row] as string,
      ...(text !== undefined && { text }),
      ...(data !== undefined && { metadata: copyJson(data) }),
    };
  };
  const measureNorm = (row: number): number => {
    const { slab, offset } = vectors.locate(row);
    return inverseNorm(slab, offset, dimension);
  };
  const measureNorms = (): void => {
    if (!normsMissing) return;
    for (const [row, norm] of inverseNorms.entries()) {
      if (norm !== NOT_MEASURED) continue;
      inverseNorms[row] = measureNorm(row);
      vectors.encode(row);
    }
    normsMissing = false;
  };
  const write = (row: number, record: UpsertRecord, size: number): void => {
    ids[row] = record.id;
    texts[row] = record.text;
    metadata[row] = record.metadata;
    blocks[row] = undefined;
    places[row] = 0;
    bytes += size - (sizes[row] ?? 0);
    sizes[row] = size;
    vectors.write(row, record.vector);
    inverseNorms[row] = measureNorm(row);
  };
  const read = (row: number): VectorRecord => ({ ...content(row), vector: vectors.read(row) });

  return {
    name,
    dimension,
    metric,
    get size() {
      return ids.length;
    },
    get bytes() {
      return bytes;
    },
    upsert: (record, size = 0) => {
      const row = rowOf.get(record.id) ?? ids.length;
      if (row === ids.length) rowOf.set(record.id, row);
      write(row, record, size);
    },
    delete: (id) => {
      const row = rowOf.get(id);
      if (row === undefined) return;
      const last = ids.length - 1;
      bytes -= sizes[row] as number;
      rowOf.delete(id);
      if (row !== last) {
        rowOf.set(ids[last] as string, row);
        ids[row] = ids[last] as string;
        texts[row] = texts[last];
        metadata[row] = metadata[last];
        blocks[row] = blocks[last];
        places[row] = places[last] as number;
        sizes[row] = sizes[last] as number;
        inverseNorms[row] = inverseNorms[last] as number;
      }
      vectors.remove(row, last);
      ids.pop();
      texts.pop();
      metadata.pop();
      blocks.pop();
      places.pop();
      sizes.pop();
      inverseNorms.pop();
    },
    has: (id) => rowOf.get(id) !== undefined,
    get: (id) => {
      const row = rowOf.get(id);
      return row === undefined ? undefined : read(row);
    },
    page: (range) => rowOf.page(range).map(read),
    part: (after, most) => {
      const rows = rowOf.part(after, most, (row) => sizes[row] as number);
      const floats = new Float32Array(rows.length * dimension);
      for (const [place, row] of rows.entries()) floats.set(vectors.read(row), place * dimension);
      return {
        ids: rows.map((row) => ids[row] as string),
        texts: rows.map(textOf),
        metadata: rows.map(decodeMetadata),
        vectors: floats,
      };
    },
    room: (count) => vectors.room(ids.length, count),
    load: (rows, size) => {
      const { length } = rows.ids;
      const columns = { texts: rows.texts, metadata: rows.metadata };
      rowOf.append(rows.ids, ids.length);
      for (let place = 0; place < length; place++) {
        ids.push(rows.ids[place] as string);
        texts.push(undefined);
        metadata.push(undefined);
        blocks.push(columns);
        places.push(place);
        sizes.push(size);
        inverseNorms.push(NOT_MEASURED);
      }
      bytes += size * length;
      normsMissing = true;
    },
    query: (vector, topK, accepts) => {
      measureNorms();
      const similarity = createSimilarity(metric, vector);
      const top = createTopRows(topK, ids);
      const candidates = sieveRows({
        slabs: vectors,
        rows: ids.length,
        accepts: accepts && ((row) => accepts(metadataOf(row))),
        similarity,
        query: vector,
        inverseNorms,
        topK,
      });
      for (const row of candidates) {
        const { slab, offset } = vectors.locate(row);
        top.offer(row, similarity.score(similarity.measureAt(slab, offset), inverseNorms[row] as number));
      }
      return top.sorted().map((found) => ({ ...content(found.row), score: found.score }));
    },
  };
}
