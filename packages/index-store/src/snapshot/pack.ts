import type { LedgerEntry } from "../ledger.ts";
import { type DocumentImage, decodeFloats, type EncodedImage } from "./document-image.ts";

/*
 * A pack holds documents, and is named by the SHA-256 of its bytes:
 *
 *   "KEELPACK", uint32 format, uint32 dimension, uint32 length of the JSON, the JSON ({ id, documents: [{ id, entry,
 *   texts }] }), then the vectors of all chunks in order as float32. All little-endian.
 *
 * Its id is unique for ever, and so is its name: what is about to be deleted is never written again.
 */

const MAGIC = "KEELPACK";
const FORMAT = 1;
const HEADER_BYTES = MAGIC.length + 12;

export function encodePack(
  id: string,
  images: readonly Pick<EncodedImage, "json" | "floats">[],
  dimension: number,
): Uint8Array {
  const documents = images.map((image) => image.json).join(",");
  const json = new TextEncoder().encode(`{"id":${JSON.stringify(id)},"documents":[${documents}]}`);
  const floatBytes = images.reduce((sum, { floats }) => sum + floats.length, 0);
  const bytes = new Uint8Array(HEADER_BYTES + json.length + floatBytes);
  bytes.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(bytes.buffer);
  view.setUint32(MAGIC.length, FORMAT, true);
  view.setUint32(MAGIC.length + 4, dimension, true);
  view.setUint32(MAGIC.length + 8, json.length, true);
  bytes.set(json, HEADER_BYTES);
  let offset = HEADER_BYTES + json.length;
  for (const { floats } of images) {
    bytes.set(floats, offset);
    offset += floats.length;
  }
  return bytes;
}

/** What a pack holds. */
export interface PackContent {
  readonly dimension: number;
  readonly images: readonly DocumentImage[];
}

/** Reads a pack whose bytes are known to be what was written; throws on a format that this version does not know. */
export function decodePack(bytes: Uint8Array): PackContent {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = new TextDecoder().decode(bytes.subarray(0, MAGIC.length));
  if (magic !== MAGIC || view.getUint32(MAGIC.length, true) !== FORMAT)
    throw new Error("not a pack of format 1");
  const dimension = view.getUint32(MAGIC.length + 4, true);
  const jsonLength = view.getUint32(MAGIC.length + 8, true);
  let offset = HEADER_BYTES + jsonLength;
  const { documents } = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER_BYTES, offset))) as {
    readonly documents: readonly {
      readonly id: string;
      readonly entry: LedgerEntry;
      readonly texts: readonly string[];
    }[];
  };
  const images = documents.map((part) => ({
    ...part,
    vectors: part.texts.map(() => {
      const vector = decodeFloats(view, offset, dimension);
      offset += 4 * dimension;
      return vector;
    }),
  }));
  return { dimension, images };
}
