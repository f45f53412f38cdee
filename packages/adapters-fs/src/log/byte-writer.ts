const LONE_SURROGATE = /\p{Surrogate}/u;

/** Bytes that grow as values are written behind each other, all little-endian. */
export interface ByteWriter {
  byte(value: number): void;
  uint32(value: number): void;
  /** Any number, exactly. */
  number(value: number): void;
  /** Any string, exactly, lone surrogates included. */
  string(value: string): void;
  floats(values: Float32Array): void;
  /** What was written. */
  bytes(): Uint8Array;
}

/** @returns A writer that throws a RangeError before it would hold more than `most` bytes. */
export function createByteWriter(most: number): ByteWriter {
  let buffer = Buffer.allocUnsafe(256);
  let view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  let length = 0;

  const reserve = (count: number): number => {
    if (length + count > most) throw new RangeError("too many bytes");
    if (length + count > buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(length + count, 2 * buffer.length));
      buffer.copy(grown, 0, 0, length);
      buffer = grown;
      view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    }
    const at = length;
    length += count;
    return at;
  };

  return {
    byte: (value) => {
      const at = reserve(1);
      view.setUint8(at, value);
    },
    uint32: (value) => {
      const at = reserve(4);
      view.setUint32(at, value, true);
    },
    number: (value) => {
      const at = reserve(8);
      view.setFloat64(at, value, true);
    },
    string: (value) => {
      // UTF-8 would lose a lone surrogate.
      const encoding = LONE_SURROGATE.test(value) ? "utf16le" : "utf8";
      const count = Buffer.byteLength(value, encoding);
      const at = reserve(5 + count);
      view.setUint8(at, encoding === "utf8" ? 0 : 1);
      view.setUint32(at + 1, count, true);
      buffer.write(value, at + 5, count, encoding);
    },
    floats: (values) => {
      let at = reserve(4 * values.length);
      for (let i = 0; i < values.length; i++, at += 4) view.setFloat32(at, values[i] as number, true);
    },
    bytes: () => buffer.subarray(0, length),
  };
}
