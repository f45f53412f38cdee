/** Reads what a {@link ByteWriter} wrote. */
export interface ByteReader {
  readonly done: boolean;
  /** How many bytes were read. */
  readonly position: number;
  byte(): number;
  uint32(): number;
  number(): number;
  string(): string;
  floats(count: number): Float32Array;
}

/** @returns A reader that throws a RangeError where the bytes end too early. */
export function createByteReader(bytes: Uint8Array): ByteReader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = 0;

  const take = (count: number): number => {
    if (position + count > buffer.length) throw new RangeError("the bytes end too early");
    const at = position;
    position += count;
    return at;
  };

  return {
    get done() {
      return position === buffer.length;
    },
    get position() {
      return position;
    },
    byte: () => view.getUint8(take(1)),
    uint32: () => view.getUint32(take(4), true),
    number: () => view.getFloat64(take(8), true),
    string: () => {
      const encoding = view.getUint8(take(1)) === 0 ? "utf8" : "utf16le";
      const count = view.getUint32(take(4), true);
      const at = take(count);
      return buffer.toString(encoding, at, at + count);
    },
    floats: (count) => {
      let at = take(4 * count);
      const values = new Float32Array(count);
      for (let i = 0; i < count; i++, at += 4) values[i] = view.getFloat32(at, true);
      return values;
    },
  };
}
