import type { Json, Metadata } from "@keelson/core";
import { type Block, evaluate, freezeJson, type RowColumns } from "@keelson/storage-engine";
import { type ByteReader, createByteReader } from "../codec/byte-reader.ts";
import { type ByteWriter, createByteWriter } from "../codec/byte-writer.ts";
import { METRICS } from "../codec/op-codec.ts";

// What stands in files: numbers are never given another meaning.
const COLLECTION = 1;
/** Rows without their vectors. */
export const ROWS = 2;
/** Vectors of the rows before them. */
export const VECTORS = 3;
const ENTRIES = 4;
const SECRETS = 5;
const REVISION = 6;
/** Behind this one there are no blocks. */
export const END = 7;

/**
 * Encodes a part of a store's content, each of the results to be a frame of its own. Vectors have one to themselves, so
 * that the bytes of texts can be held without them.
 */
export function encodeBlock(block: Block): Uint8Array[] {
  switch (block.type) {
    case "collection":
      return [
        write(COLLECTION, (writer) => {
          writer.string(block.name);
          writer.number(block.dimension);
          writer.byte(METRICS.indexOf(block.metric));
        }),
      ];
    case "rows":
      return [
        write(ROWS, (writer) => {
          writer.string(block.collection);
          writer.uint32(block.ids.length);
          const { length } = block.ids;
          writer.strings(block.ids, length);
          writer.strings(block.texts, length);
          writer.strings({ at: (place) => jsonText(block.metadata.at(place)) }, length);
        }),
        write(VECTORS, (writer) => writer.floats(block.vectors)),
      ];
    case "entries":
      return [
        write(ENTRIES, (writer) => {
          writer.uint32(block.entries.length);
          for (const { revision } of block.entries) writer.number(revision);
          const { length } = block.entries;
          writer.strings(
            block.entries.map(({ key }) => key),
            length,
          );
          writer.strings(
            block.entries.map(({ value }) => jsonText(value) as string),
            length,
          );
        }),
      ];
    case "secrets":
      return [
        write(SECRETS, (writer) => {
          writer.uint32(block.secrets.length);
          for (const { revision } of block.secrets) writer.number(revision);
          const { length } = block.secrets;
          writer.strings(
            block.secrets.map(({ name }) => name),
            length,
          );
          writer.strings(
            block.secrets.map(({ sealed }) => sealed),
            length,
          );
        }),
      ];
    case "revision":
      return [write(REVISION, (writer) => writer.number(block.revision))];
  }
}

function write(type: number, body: (writer: ByteWriter) => void): Uint8Array {
  const writer = createByteWriter(2 ** 32);
  // Four bytes, so that floats lie as their readers want them.
  writer.uint32(type);
  body(writer);
  return writer.bytes();
}

/** How many bytes the type of a block takes, at the beginning of its payload. */
export const BLOCK_TYPE_BYTES = 4;

/** The type of the block in a payload, of which the beginning may do; `undefined` where there are too few bytes. */
export function blockTypeOf(payload: Buffer): number | undefined {
  return payload.length < BLOCK_TYPE_BYTES ? undefined : payload.readUInt32LE(0);
}

function jsonText(value: Json | (() => Json) | undefined): string | undefined {
  return value === undefined ? undefined : JSON.stringify(evaluate(value));
}

/** What the frames of a checkpoint say, one after the other. */
export interface BlockDecoder {
  /**
   * @returns The block that is whole with this payload; `undefined` where it needs the next one.
   * @throws when it is no payload of {@link encodeBlock}, or not the one that comes next.
   */
  decode(payload: Uint8Array): Block | undefined;
  /** The rows whose vectors come next, `undefined` where none do. */
  readonly rows: (RowColumns & { readonly collection: string }) | undefined;
  /** Goes on behind those vectors, which somebody else reads. */
  skipVectors(): void;
}

export function createBlockDecoder(): BlockDecoder {
  let rows: BlockDecoder["rows"];

  const decodeNext = (type: number, reader: ByteReader): Block | undefined => {
    switch (type) {
      case COLLECTION: {
        const name = reader.string();
        const dimension = reader.number();
        const metric = METRICS[reader.byte()];
        if (metric === undefined) throw new RangeError("unknown metric");
        return { type: "collection", name, dimension, metric };
      }
      case ROWS: {
        const collection = reader.string();
        const count = reader.uint32();
        const ids = reader.names(count);
        const texts = reader.strings(count);
        const json = reader.strings(count);
        const metadata = {
          at: (place: number): Metadata | undefined => {
            const text = json.at(place);
            return text === undefined ? undefined : (parse(text) as Metadata);
          },
        };
        rows = { collection, ids, texts, metadata };
        return undefined;
      }
      case ENTRIES: {
        const count = reader.uint32();
        const revisions = Array.from({ length: count }, () => reader.number());
        const keys = reader.names(count);
        const values = reader.strings(count);
        const entries = keys.map((key, i) => {
          const value = (): Json => parse(values.at(i) as string);
          return { key, revision: revisions[i] as number, value };
        });
        return { type: "entries", entries };
      }
      case SECRETS: {
        const count = reader.uint32();
        const revisions = Array.from({ length: count }, () => reader.number());
        const names = reader.names(count);
        const sealed = reader.names(count);
        const secrets = names.map((name, i) => ({
          name,
          revision: revisions[i] as number,
          sealed: sealed[i] as string,
        }));
        return { type: "secrets", secrets };
      }
      case REVISION:
        return { type: "revision", revision: reader.number() };
      default:
        throw new RangeError("unknown block");
    }
  };

  return {
    get rows() {
      return rows;
    },
    skipVectors: () => {
      rows = undefined;
    },
    decode: (payload) => {
      const reader = createByteReader(payload);
      const type = reader.uint32();
      if ((type === VECTORS) !== (rows !== undefined))
        throw new RangeError("rows and vectors do not alternate");
      if (rows !== undefined) {
        const vectors = reader.floats((payload.length - reader.position) / 4);
        const block = { type: "rows", ...rows, vectors } as const;
        rows = undefined;
        return block;
      }
      const block = decodeNext(type, reader);
      if (!reader.done) throw new RangeError("a block goes on behind its end");
      return block;
    },
  };
}

function parse(text: string): Json {
  return freezeJson(JSON.parse(text) as Json);
}
