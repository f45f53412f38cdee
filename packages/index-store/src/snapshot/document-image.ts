import { createHash } from "node:crypto";
import { canonical } from "../digest.ts";
import type { LedgerEntry } from "../ledger.ts";

/** A document with all that is stored of it, apart from any store. */
export interface DocumentImage {
  readonly id: string;
  readonly entry: LedgerEntry;
  /** The chunks' texts, in reading order. */
  readonly texts: readonly string[];
  /** Their vectors, in the same order. */
  readonly vectors: readonly Float32Array[];
}

/** An image as bytes: canonical JSON of all but the vectors, and these as little-endian floats. */
export interface EncodedImage {
  readonly json: string;
  readonly floats: Uint8Array;
  readonly hash: string;
}

export function encodeImage(image: DocumentImage): EncodedImage {
  const { id, entry, texts, vectors } = image;
  const floats = encodeFloats(vectors);
  return { json: canonical({ id, entry, texts }), floats, hash: hashOf(image, floats) };
}

/** SHA-256 of the content, whichever writes made it: equal for equal documents, in whatever store or pack. */
export function hashImage(image: DocumentImage): string {
  return hashOf(image, encodeFloats(image.vectors));
}

function hashOf({ id, entry, texts }: DocumentImage, floats: Uint8Array): string {
  const chunks = entry.chunks.map(({ id: _, ...chunk }) => chunk);
  const content = canonical({ id, entry: { ...entry, chunks }, texts });
  return createHash("sha256").update(content).update("\n").update(floats).digest("base64url");
}

function encodeFloats(vectors: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8Array(vectors.reduce((sum, { byteLength }) => sum + byteLength, 0));
  const view = new DataView(bytes.buffer);
  let offset = 0;
  for (const vector of vectors) {
    for (let i = 0; i < vector.length; i++, offset += 4) view.setFloat32(offset, vector[i] as number, true);
  }
  return bytes;
}

export function decodeFloats(view: DataView, offset: number, length: number): Float32Array {
  const vector = new Float32Array(length);
  for (let i = 0; i < length; i++) vector[i] = view.getFloat32(offset + 4 * i, true);
  return vector;
}
