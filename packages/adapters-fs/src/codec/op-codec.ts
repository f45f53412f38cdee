import { argumentInvalid, type Json, type JsonObject, type VectorMetric } from "@keelson/core";
import { evaluate, freezeJson, type Op } from "@keelson/storage-engine";
import { type ByteReader, createByteReader } from "./byte-reader.ts";
import { type ByteWriter, createByteWriter } from "./byte-writer.ts";

// What stands in files: numbers are never given another meaning.
const TYPES = [
  "createCollection",
  "dropCollection",
  "upsert",
  "delete",
  "commit",
  "writeSecret",
  "deleteSecret",
] as const satisfies readonly Op["type"][];
/** By their numbers in files. */
export const METRICS: readonly VectorMetric[] = ["cosine", "dot", "euclidean"];
const HAS_TEXT = 1;
const HAS_METADATA = 2;
const LARGEST_OP = 256 * 1024 * 1024;

/**
 * Encodes an op. Ends where it ends: ops stand behind each other without separators.
 *
 * @param memory What to write into if there is room. Default: memory of its own.
 * @param most How many bytes it may take. Default: 256 MiB.
 * @throws KeelsonError ARGUMENT_INVALID when it would take more.
 */
export function encodeOp(op: Op, memory?: Buffer, most: number = LARGEST_OP): Uint8Array {
  const expected = Math.min(expectedBytes(op), most);
  const fits = memory !== undefined && memory.length >= expected;
  const writer = createByteWriter(most, fits ? memory : Buffer.allocUnsafeSlow(expected));
  try {
    writer.byte(TYPES.indexOf(op.type));
    writeBody(writer, op);
    return writer.bytes();
  } catch (error) {
    // From the writer, or from a string that is longer than JavaScript lets it be.
    if (!(error instanceof RangeError)) throw error;
    throw argumentInvalid("the call", `takes more than ${most} bytes in one piece: split it`);
  }
}

/** About how many bytes an op takes, a little too many rather than too few: only those that can be large are looked at. */
function expectedBytes(op: Op): number {
  if (op.type !== "upsert") return 256;
  const beside = 256;
  return op.records.reduce(
    (sum, { vector, text = "" }) => sum + beside + vector.byteLength + text.length,
    beside,
  );
}

function writeBody(writer: ByteWriter, op: Op): void {
  switch (op.type) {
    case "createCollection":
      writer.string(op.name);
      writer.number(op.dimension);
      writer.byte(METRICS.indexOf(op.metric));
      return;
    case "upsert":
      writer.string(op.collection);
      writer.uint32(op.records.length);
      for (const { id, vector, text, metadata } of op.records) {
        writer.string(id);
        writer.uint32(vector.length);
        writer.floats(vector);
        writer.byte((text === undefined ? 0 : HAS_TEXT) | (metadata === undefined ? 0 : HAS_METADATA));
        if (text !== undefined) writer.string(text);
        if (metadata !== undefined) writer.string(JSON.stringify(evaluate(metadata)));
      }
      return;
    case "delete":
      writer.string(op.collection);
      writer.uint32(op.ids.length);
      for (const id of op.ids) writer.string(id);
      return;
    case "commit":
      writer.number(op.revision);
      writer.uint32(op.changes.length);
      for (const { key, value } of op.changes) {
        writer.string(key);
        writer.byte(value === undefined ? 0 : 1);
        if (value !== undefined) writer.string(JSON.stringify(evaluate(value)));
      }
      return;
    case "writeSecret":
      writer.string(op.name);
      writer.number(op.revision);
      writer.string(op.sealed);
      return;
    case "dropCollection":
    case "deleteSecret":
      writer.string(op.name);
  }
}

/** An op, and how many bytes it took. */
export interface DecodedOp {
  readonly op: Op;
  readonly bytes: number;
}

/**
 * Decodes ops that stand behind each other.
 *
 * @throws when the bytes are not what {@link encodeOp} makes.
 */
export function* decodeOps(bytes: Uint8Array): Generator<DecodedOp> {
  const reader = createByteReader(bytes);
  for (let start = 0; !reader.done; start = reader.position) {
    const op = readOp(reader);
    yield { op, bytes: reader.position - start };
  }
}

function readOp(reader: ByteReader): Op {
  const type = TYPES[reader.byte()];
  switch (type) {
    case "createCollection": {
      const name = reader.string();
      const dimension = reader.number();
      const metric = METRICS[reader.byte()];
      if (metric === undefined) throw new RangeError("unknown metric");
      return { type, name, dimension, metric };
    }
    case "upsert": {
      const collection = reader.string();
      const records = list(reader, () => {
        const id = reader.string();
        const vector = reader.floats(reader.uint32());
        const has = reader.byte();
        const text = has & HAS_TEXT ? reader.string() : undefined;
        const metadata = has & HAS_METADATA ? (readJson(reader) as () => JsonObject) : undefined;
        return { id, vector, text, metadata };
      });
      return { type, collection, records };
    }
    case "delete": {
      const collection = reader.string();
      return { type, collection, ids: list(reader, () => reader.string()) };
    }
    case "commit": {
      const revision = reader.number();
      const changes = list(reader, () => {
        const key = reader.string();
        return { key, value: reader.byte() === 0 ? undefined : readJson(reader) };
      });
      return { type, revision, changes };
    }
    case "writeSecret": {
      const name = reader.string();
      const revision = reader.number();
      return { type, name, revision, sealed: reader.string() };
    }
    case "dropCollection":
    case "deleteSecret":
      return { type, name: reader.string() };
    default:
      throw new RangeError("unknown op");
  }
}

function list<T>(reader: ByteReader, read: () => T): T[] {
  return Array.from({ length: reader.uint32() }, read);
}

function readJson(reader: ByteReader): () => Json {
  const text = reader.string();
  return () => freezeJson(JSON.parse(text) as Json);
}
