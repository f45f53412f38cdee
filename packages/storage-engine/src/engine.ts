import type { Revision, VectorMetric } from "@keelson/core";
import type { Block, BlockSecret, RowColumns } from "./block.ts";
import { readContents } from "./contents.ts";
import { createEntries, type Entries } from "./entries.ts";
import { loadKernel } from "./kernel/load-kernel.ts";
import type { Op } from "./op.ts";
import { createOrderedMap, type OrderedMap } from "./ordered-map.ts";
import type { Quantization } from "./slabs.ts";
import { createVectorTable, type VectorTable } from "./vector-table.ts";

/** A secret as it lies in the store. */
export interface SealedSecret {
  readonly name: string;
  readonly sealed: string;
  readonly revision: Revision;
  /** How many bytes it takes on the medium. */
  readonly bytes: number;
}

/** The whole store as a deterministic state machine. It trusts its ops: they were checked when they were made. */
export interface Engine {
  /** By name. */
  readonly tables: OrderedMap<VectorTable>;
  /** By key; what is read of them is frozen. */
  readonly entries: Entries;
  /** By name. */
  readonly secrets: OrderedMap<SealedSecret>;
  /** The newest revision, of state and secrets together; 0 before the first. */
  readonly revision: Revision;
  /** About how many bytes the content takes on the medium, of those told to `apply` and `load`. */
  readonly bytes: number;
  /** @param bytes How many the op takes on the medium. */
  apply(op: Op, bytes: number): void;
  /**
   * The content, part by part, each as it is when it is asked for; between two parts ops may be applied. Whatever no op
   * touches meanwhile is in exactly one part; so applying those ops again, all of them in order, over what
   * {@link Engine.load} makes of the parts gives the store as it is after them. Until they are all applied, one may
   * name a collection that is not there or has another shape.
   *
   * @param most About how many bytes a part may take.
   */
  contents(most: number): Generator<Block>;
  /**
   * Takes a part of what {@link Engine.contents} gave, into a store that has nothing of it.
   *
   * @param bytes How many the part takes on the medium.
   * @throws Error when it does not fit to what is there.
   */
  load(block: Block, bytes: number): void;
  /**
   * The memory for the vectors of so many records that are loaded next, in pieces, for whoever can read them to their
   * place. It stays there as long as no more is asked for, in all, than the collection was loaded with a size of.
   *
   * @throws Error when there is no such collection.
   */
  room(collection: string, count: number): readonly Float32Array[];
  /**
   * Takes records as {@link Engine.load} does, but for their vectors: they lie in what {@link Engine.room} gave, or
   * will before anything is read.
   */
  loadInPlace(rows: RowColumns & { readonly collection: string }, bytes: number): void;
}

/** What {@link createEngine} takes. */
interface EngineOptions {
  /** What is kept of vectors beside their floats. Default: "none". */
  readonly quantization?: Quantization | undefined;
}

export function createEngine({ quantization }: EngineOptions = {}): Engine {
  const tables = createOrderedMap<VectorTable>();
  const entries = createEntries();
  const secrets = createOrderedMap<SealedSecret>();
  let newest = 0;
  // Asked for after every write of a large store.
  let secretBytes = 0;

  const createTable = (name: string, dimension: number, metric: VectorMetric): void =>
    tables.set(name, createVectorTable(name, dimension, metric, { kernel: loadKernel(), quantization }));
  const table = (name: string): VectorTable => {
    const found = tables.get(name);
    if (found === undefined) throw new Error(`no collection ${name}`);
    return found;
  };

  const engine: Engine = {
    tables,
    entries,
    secrets,
    get revision() {
      return newest;
    },
    get bytes() {
      let bytes = entries.bytes + secretBytes;
      for (const table of tables.values()) bytes += table.bytes;
      return bytes;
    },
    apply: (op, bytes) => {
      switch (op.type) {
        case "createCollection":
          createTable(op.name, op.dimension, op.metric);
          return;
        case "dropCollection":
          tables.delete(op.name);
          return;
        case "upsert": {
          const { upsert } = table(op.collection);
          for (const record of op.records) upsert(record, bytes / op.records.length);
          return;
        }
        case "delete": {
          const found = table(op.collection);
          for (const id of op.ids) found.delete(id);
          return;
        }
        case "commit":
          newest = op.revision;
          for (const { key, value } of op.changes) {
            if (value === undefined) entries.delete(key);
            else entries.set({ key, value, revision: newest }, bytes / op.changes.length);
          }
          return;
        case "writeSecret": {
          const { name, sealed, revision } = op;
          // One that is only sealed anew keeps its revision.
          newest = Math.max(newest, revision);
          secretBytes += bytes - (secrets.get(name)?.bytes ?? 0);
          secrets.set(name, { name, sealed, revision, bytes });
          return;
        }
        case "deleteSecret":
          secretBytes -= secrets.delete(op.name)?.bytes ?? 0;
          return;
      }
    },
    contents: (most) => readContents(engine, most),
    load: (block, bytes) => {
      switch (block.type) {
        case "collection":
          createTable(block.name, block.dimension, block.metric);
          // Taken while little is on the heap: memory outside of it has the host collect garbage, the more it holds.
          if (block.size > 0) table(block.name).room(block.size);
          return;
        case "rows":
          place(table(block.collection).room(block.ids.length), block.vectors);
          engine.loadInPlace(block, bytes);
          return;
        case "entries":
          entries.append(block.entries, bytes);
          return;
        case "secrets": {
          const each = bytes / block.secrets.length;
          secretBytes += bytes;
          secrets.append(
            block.secrets.map(({ name }) => name),
            (place) => ({ ...(block.secrets[place] as BlockSecret), bytes: each }),
          );
          return;
        }
        case "revision":
          newest = block.revision;
          return;
      }
    },
    room: (collection, count) => table(collection).room(count),
    loadInPlace: (rows, bytes) => table(rows.collection).load(rows, bytes / rows.ids.length),
  };
  return engine;
}

function place(room: readonly Float32Array[], vectors: Float32Array): void {
  if (room.reduce((sum, { length }) => sum + length, 0) !== vectors.length)
    throw new Error("the vectors do not fit the ids");
  let done = 0;
  for (const piece of room) {
    piece.set(vectors.subarray(done, done + piece.length));
    done += piece.length;
  }
}
