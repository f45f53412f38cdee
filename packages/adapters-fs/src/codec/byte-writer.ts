import type { Column } from "@keelson/storage-engine";
import { floatBytes } from "./float-bytes.ts";

/** What stands for a string that is not there among the lengths of {@link ByteWriter.strings}. */
export const ABSENT = 0xffffffff;
/** Is set in the length of a string of UTF-16. */
export const UTF16: number = 2 ** 31;

/** Bytes that grow as values are written behind each other, all little-endian. */
export interface ByteWriter {
  byte(value: number): void;
  uint32(value: number): void;
  /** Any number, exactly. */
  number(value: number): void;
  /** Any string, exactly, lone surrogates included. */
  string(value: string): void;
  /** Many strings: first all lengths, then all bytes. */
  strings(values: Column<string>, count: number): void;
  floats(values: Float32Array): void;
  raw(bytes: Uint8Array): void;
  /** What was written, from the beginning of memory that holds nothing else. */
  bytes(): Uint8Array;
}

/**
 * @param memory What to write into as long as there is room. Default: some that nobody else has.
 * @returns A writer that throws a RangeError before it would hold more than `most` bytes.
 */
export function createByteWriter(most: number, memory: Buffer = Buffer.allocUnsafeSlow(256)): ByteWriter {
  let buffer = memory;
  let length = 0;

  const reserve = (count: number): number => {
    if (length + count > most) throw new RangeError("too many bytes");
    if (length + count > buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length + count, 2 * buffer.length));
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
    }
    const at = length;
    length += count;
    return at;
  };
  const raw = (bytes: Uint8Array): void => {
    const at = reserve(bytes.length);
    buffer.set(bytes, at);
  };
  // UTF-8 would lose a lone surrogate.
  const encodingOf = (value: string): "utf8" | "utf16le" => (value.isWellFormed() ? "utf8" : "utf16le");

  return {
    byte: (value) => {
      const at = reserve(1);
      buffer.writeUInt8(value, at);
    },
    uint32: (value) => {
      const at = reserve(4);
      buffer.writeUInt32LE(value, at);
    },
    number: (value) => {
      const at = reserve(8);
      buffer.writeDoubleLE(value, at);
    },
    string: (value) => {
      const encoding = encodingOf(value);
      const count = Buffer.byteLength(value, encoding);
      const at = reserve(5 + count);
      buffer.writeUInt8(encoding === "utf8" ? 0 : 1, at);
      buffer.writeUInt32LE(count, at + 1);
      buffer.write(value, at + 5, count, encoding);
    },
    strings: (values, count) => {
      let lengthAt = reserve(4 * count);
      for (let i = 0; i < count; i++) {
        const value = values.at(i);
        const encoding = value === undefined ? "utf8" : encodingOf(value);
        const length = value === undefined ? 0 : Buffer.byteLength(value, encoding);
        const at = reserve(length);
        const written = value === undefined ? ABSENT : encoding === "utf8" ? length : UTF16 + length;
        buffer.writeUInt32LE(written, lengthAt);
        lengthAt += 4;
        if (value !== undefined) buffer.write(value, at, length, encoding);
      }
    },
    floats: (values) => raw(floatBytes(values)),
    raw,
    bytes: () => buffer.subarray(0, length),
  };
}
