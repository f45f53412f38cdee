import { ABSENT, UTF16 } from "./byte-writer.ts";
import { floatsOf } from "./float-bytes.ts";

/** Reads what a {@link ByteWriter} wrote. */
export interface ByteReader {
  readonly done: boolean;
  /** How many bytes were read. */
  readonly position: number;
  byte(): number;
  uint32(): number;
  number(): number;
  string(): string;
  /** As many strings, each decoded when it is asked for; until then the bytes are held. */
  strings(count: number): ((() => string) | undefined)[];
  /** Floats that may lie in the bytes themselves. */
  floats(count: number): Float32Array;
  raw(count: number): Uint8Array;
}

/** @returns A reader that throws a RangeError where the bytes end too early. */
export function createByteReader(bytes: Uint8Array): ByteReader {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let position = 0;

  const take = (count: number): number => {
    if (position + count > buffer.length) throw new RangeError("the bytes end too early");
    const at = position;
    position += count;
    return at;
  };
  const raw = (count: number): Uint8Array => {
    const at = take(count);
    return buffer.subarray(at, at + count);
  };
  const text = (utf16: boolean, count: number): (() => string) => {
    const at = take(count);
    return () => buffer.toString(utf16 ? "utf16le" : "utf8", at, at + count);
  };

  return {
    get done() {
      return position === buffer.length;
    },
    get position() {
      return position;
    },
    byte: () => buffer.readUInt8(take(1)),
    uint32: () => buffer.readUInt32LE(take(4)),
    number: () => buffer.readDoubleLE(take(8)),
    string: () => {
      const utf16 = buffer.readUInt8(take(1)) === 1;
      return text(utf16, buffer.readUInt32LE(take(4)))();
    },
    strings: (count) => {
      const lengthsAt = take(4 * count);
      const values: ((() => string) | undefined)[] = [];
      for (let i = 0; i < count; i++) {
        const length = buffer.readUInt32LE(lengthsAt + 4 * i);
        const utf16 = length >= UTF16;
        values.push(length === ABSENT ? undefined : text(utf16, utf16 ? length - UTF16 : length));
      }
      return values;
    },
    floats: (count) => floatsOf(raw(4 * count)),
    raw,
  };
}
