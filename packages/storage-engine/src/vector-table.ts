import type { FilterPredicate, Metadata, VectorMatch, VectorMetric, VectorRecord } from "@keelson/core";
import type { RowBlock, RowColumns } from "./block.ts";
import { copyJson } from "./json-copy.ts";
import { loadKernel } from "./kernel/load-kernel.ts";
import { evaluate, type Lazy } from "./lazy.ts";
import type { UpsertRecord } from "./op.ts";
import type { Marks } from "./order.ts";
import { createOrderedMap, type PageRange } from "./ordered-map.ts";
import { sieveRows } from "./sieve-rows.ts";
import { createSimilarity, inverseNorm, MAX_BOUNDED_DIMENSION, squaredLength } from "./similarity.ts";
import { createSlabs, type SlabsOptions } from "./slabs.ts";
import { createTopRows } from "./top-rows.ts";

const NOT_MEASURED = -1;
const DELETED = -1;

/** A record but for its vector and its metadata. */
interface Row {
  readonly id: string;
  /** Which one it is. */
  row: number;
  text: string | undefined;
  /** What was loaded stays as it came until it is replaced: its columns, and its place in them. */
  columns: Omit<RowColumns, "ids"> | undefined;
  /** {@link DELETED} once it is deleted. */
  place: number;
  /** How many bytes it takes on the medium. */
  bytes: number;
}

const marks: Marks<Row> = {
  mark: (row) => {
    row.text = undefined;
    row.columns = undefined;
    row.place = DELETED;
  },
  isMarked: ({ place }) => place === DELETED,
};

/** Records that were loaded together. Most are never asked for: each is made when it is. */
interface LoadedRows {
  /** The row of the first of them, as it was loaded. */
  readonly first: number;
  recordAt(place: number): Row;
}

/** One collection: records and their vectors, a row each, without gaps. */
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
  const records = createOrderedMap<Row>({ marks });
  const rows: (Row | LoadedRows)[] = [];
  // Beside the rows, since a filter reads nothing else.
  const metadata: (Lazy<Metadata> | undefined)[] = [];
  let bytes = 0;
  // Vectors stay as they came, so that what is read is what was written; cosine multiplies by this instead.
  const inverseNorms: number[] = [];
  // Those of what was loaded are left to the first query.
  let normsMissing = false;
  const kernel = dimension <= MAX_BOUNDED_DIMENSION ? options.kernel : undefined;
  const vectors = createSlabs(dimension, { ...options, kernel });

  const recordAt = (row: number): Row => {
    const found = rows[row] as Row | LoadedRows;
    if ("id" in found) return found;
    const record = found.recordAt(row - found.first);
    rows[row] = record;
    return record;
  };
  const textOf = ({ text, columns, place }: Row): string | undefined =>
    columns === undefined ? text : columns.texts.at(place);
  const decodeMetadata = (row: number): Metadata | undefined => {
    const decoded = evaluate(metadata[row]);
    if (decoded !== undefined) return decoded;
    const { columns, place } = recordAt(row);
    return columns?.metadata.at(place);
  };
  // Kept, unlike a text: a filter asks again and again.
  const metadataOf = (row: number): Metadata | undefined => {
    const decoded = decodeMetadata(row);
    metadata[row] = decoded;
    return decoded;
  };
  const content = (record: Row): { id: string; text?: string; metadata?: Metadata } => {
    const text = textOf(record);
    const data = metadataOf(record.row);
    return {
      id: record.id,
      ...(text !== undefined && { text }),
      ...(data !== undefined && { metadata: copyJson(data) }),
    };
  };
  const measureNorm = (row: number): number => {
    const { slab, offset } = vectors.locate(row);
    return inverseNorm(squaredLength(slab, offset, dimension));
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
  const read = (record: Row): VectorRecord => ({ ...content(record), vector: vectors.read(record.row) });

  return {
    name,
    dimension,
    metric,
    get size() {
      return rows.length;
    },
    get bytes() {
      return bytes;
    },
    upsert: ({ id, vector, squaredLength: square, text, metadata: data }, size = 0) => {
      const found = records.get(id);
      const row = found?.row ?? rows.length;
      bytes += size - (found?.bytes ?? 0);
      if (found === undefined) {
        const added = { id, row, text, columns: undefined, place: 0, bytes: size };
        records.set(id, added);
        rows.push(added);
      } else {
        found.text = text;
        found.columns = undefined;
        found.bytes = size;
      }
      metadata[row] = data;
      vectors.write(row, vector);
      inverseNorms[row] = square === undefined ? measureNorm(row) : inverseNorm(square);
    },
    delete: (id) => {
      const found = records.delete(id);
      if (found === undefined) return;
      const { row } = found;
      bytes -= found.bytes;
      const last = recordAt(rows.length - 1);
      rows.pop();
      const norm = inverseNorms.pop() as number;
      const data = metadata.pop();
      vectors.remove(row, rows.length);
      if (last === found) return;
      last.row = row;
      rows[row] = last;
      inverseNorms[row] = norm;
      metadata[row] = data;
    },
    has: (id) => records.get(id) !== undefined,
    get: (id) => {
      const found = records.get(id);
      return found && read(found);
    },
    page: (range) => records.page(range).map(read),
    part: (after, most) => {
      const part = records.part(after, most, (record) => record.bytes);
      const floats = new Float32Array(part.length * dimension);
      for (const [place, { row }] of part.entries()) {
        const { slab, offset } = vectors.locate(row);
        floats.set(slab.subarray(offset, offset + dimension), place * dimension);
      }
      return {
        ids: part.map(({ id }) => id),
        texts: part.map(textOf),
        metadata: part.map(({ row }) => decodeMetadata(row)),
        vectors: floats,
      };
    },
    room: (count) => vectors.room(rows.length, count),
    load: (loaded, size) => {
      const { ids } = loaded;
      // Of a block nothing else is kept: its vectors are in their place.
      const columns = { texts: loaded.texts, metadata: loaded.metadata };
      const made = new Array<Row | undefined>(ids.length);
      const first = rows.length;
      const recordOf = (place: number): Row => {
        const id = ids[place] as string;
        made[place] ??= { id, row: first + place, text: undefined, columns, place, bytes: size };
        return made[place];
      };
      records.append(ids, recordOf);
      const block: LoadedRows = { first, recordAt: recordOf };
      for (let count = ids.length; count > 0; count--) {
        rows.push(block);
        metadata.push(undefined);
        inverseNorms.push(NOT_MEASURED);
      }
      bytes += size * ids.length;
      normsMissing = true;
    },
    query: (vector, topK, accepts) => {
      measureNorms();
      const similarity = createSimilarity(metric, vector);
      const top = createTopRows(topK, (row) => recordAt(row).id);
      const candidates = sieveRows({
        slabs: vectors,
        rows: rows.length,
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
      return top.sorted().map((found) => ({ ...content(recordAt(found.row)), score: found.score }));
    },
  };
}
