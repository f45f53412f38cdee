import type { Json, Metadata } from "@keelson/core";
import { type Block, type Column, evaluate, freezeJson, type RowColumns } from "@keelson/storage-engine";
import { type ByteReader, createByteReader } from "../codec/byte-reader.ts";
import { type ByteWriter, createByteWriter } from "../codec/byte-writer.ts";
import { METRICS } from "../codec/op-codec.ts";

// What stands in files: numbers are never given another meaning.
const COLLECTION = 1;
/** Rows without their vectors and texts. */
export const ROWS = 2;
/** Vectors of the rows before them. */
export const VECTORS = 3;
/** Texts of the same rows. */
const TEXTS = 4;
const ENTRIES = 5;
const SECRETS = 6;
const REVISION = 7;
/** Behind this one there are no blocks. */
export const END = 8;

/**
 * Encodes a part of a store's content, each of the results to be a frame of its own. Vectors have one to themselves, so
 * that they can be read to where they stay; texts have one, so that they need not have come for the store to be open.
 */
export function encodeBlock(block: Block): Uint8Array[] {
  switch (block.type) {
    case "collection":
      return [
        write(COLLECTION, (writer) => {
          writer.string(block.name);
          writer.number(block.dimension);
          writer.byte(METRICS.indexOf(block.metric));
          writer.uint32(block.size);
        }),
      ];
    case "rows":
      return [
        write(ROWS, (writer) => {
          writer.string(block.collection);
          writer.uint32(block.ids.length);
          const { length } = block.ids;
          writer.strings(block.ids, length);
          writer.strings({ at: (place) => jsonText(block.metadata.at(place)) }, length);
        }),
        write(VECTORS, (writer) => writer.floats(block.vectors)),
        write(TEXTS, (writer) => {
          writer.uint32(block.ids.length);
          writer.strings(block.texts, block.ids.length);
        }),
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

/** What one frame of a checkpoint says: a block, or one of the three parts of a block of rows. */
export type BlockPart =
  | Exclude<Block, { readonly type: "rows" }>
  | RowsPart
  | { readonly type: "vectors"; readonly vectors: Float32Array }
  | { readonly type: "texts"; readonly texts: Column<string>; readonly count: number };

/** Rows whose vectors and texts follow, in this order, in frames of their own. */
export interface RowsPart extends Omit<RowColumns, "texts"> {
  readonly type: "rows";
  readonly collection: string;
}

/** @throws when it is no payload of {@link encodeBlock}. */
export function decodeBlockPart(payload: Uint8Array): BlockPart {
  const reader = createByteReader(payload);
  const part = readPart(reader, payload.length);
  if (!reader.done) throw new RangeError("a block goes on behind its end");
  return part;
}

function readPart(reader: ByteReader, length: number): BlockPart {
  switch (reader.uint32()) {
    case COLLECTION: {
      const name = reader.string();
      const dimension = reader.number();
      const metric = METRICS[reader.byte()];
      if (metric === undefined) throw new RangeError("unknown metric");
      return { type: "collection", name, dimension, metric, size: reader.uint32() };
    }
    case ROWS: {
      const collection = reader.string();
      const count = reader.uint32();
      const ids = reader.names(count);
      const json = reader.strings(count);
      const metadata = {
        at: (place: number): Metadata | undefined => {
          const text = json.at(place);
          return text === undefined ? undefined : (parse(text) as Metadata);
        },
      };
      return { type: "rows", collection, ids, metadata };
    }
    case VECTORS:
      return { type: "vectors", vectors: reader.floats((length - reader.position) / 4) };
    case TEXTS: {
      const count = reader.uint32();
      return { type: "texts", texts: reader.strings(count), count };
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
}

/**
 * Decodes texts alone.
 *
 * @throws when it is no payload of so many texts.
 */
export function decodeTexts(payload: Uint8Array, count: number): Column<string> {
  const part = decodeBlockPart(payload);
  if (part.type !== "texts" || part.count !== count) throw new RangeError("the texts do not fit the rows");
  return part.texts;
}

/** Puts blocks together of what the frames of a checkpoint say, one after the other. */
export interface BlockDecoder {
  /**
   * @returns The block that is whole with this payload; `undefined` where it needs the next one.
   * @throws when it is no payload of {@link encodeBlock}, or not the one that comes next.
   */
  decode(payload: Uint8Array): Block | undefined;
}

export function createBlockDecoder(): BlockDecoder {
  let rows: RowsPart | undefined;
  let vectors: Float32Array | undefined;
  return {
    decode: (payload) => {
      if (rows !== undefined && vectors !== undefined) {
        const block = { ...rows, vectors, texts: decodeTexts(payload, rows.ids.length) };
        rows = undefined;
        vectors = undefined;
        return block;
      }
      const part = decodeBlockPart(payload);
      if ((part.type === "vectors") !== (rows !== undefined) || part.type === "texts")
        throw new RangeError("rows, vectors and texts do not alternate");
      if (part.type === "vectors") ({ vectors } = part);
      else if (part.type === "rows") rows = part;
      else return part;
      return undefined;
    },
  };
}

function parse(text: string): Json {
  return freezeJson(JSON.parse(text) as Json);
}
