import type { Column } from "@keelson/storage-engine";
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
  /** As many strings, each decoded when it is asked for; the bytes are held. */
  strings(count: number): Column<string>;
  /** As many strings, all decoded at once. Throws a RangeError where one is missing. */
  names(count: number): string[];
  /** Floats that may lie in the bytes themselves. */
  floats(count: number): Float32Array;
  raw(count: number): Uint8Array;
}

/** Strings behind each other. */
interface Strings {
  readonly column: Column<string>;
  /** Where the first begins. */
  readonly start: number;
  /** Where each ends. */
  readonly ends: Uint32Array;
  /** Is each there, and UTF-8? */
  readonly plain: boolean;
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

  const stringsOf = (count: number): Strings => {
    const lengthsAt = take(4 * count);
    const start = position;
    const ends = new Uint32Array(count);
    let end = start;
    let plain = true;
    for (let i = 0; i < count; i++) {
      const length = buffer.readUInt32LE(lengthsAt + 4 * i);
      if (length >= UTF16) plain = false;
      if (length !== ABSENT) end += length >= UTF16 ? length - UTF16 : length;
      ends[i] = end;
    }
    take(end - start);
    const column: Column<string> = {
      at: (i) => {
        const length = buffer.readUInt32LE(lengthsAt + 4 * i);
        if (length === ABSENT) return undefined;
        const encoding = length >= UTF16 ? "utf16le" : "utf8";
        return buffer.toString(encoding, i === 0 ? start : ends[i - 1], ends[i]);
      },
    };
    return { column, start, ends, plain };
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
      const encoding = buffer.readUInt8(take(1)) === 1 ? "utf16le" : "utf8";
      const count = buffer.readUInt32LE(take(4));
      const at = take(count);
      return buffer.toString(encoding, at, at + count);
    },
    strings: (count) => stringsOf(count).column,
    names: (count) => {
      const { column, start, ends, plain } = stringsOf(count);
      const all = plain ? buffer.toString("utf8", start, position) : "";
      // A character a byte: they lie in the whole as they do in the bytes. To cut it costs a tenth of decoding each.
      const isAscii = plain && all.length === position - start;
      return Array.from(ends, (end, i) => {
        const begin = i === 0 ? start : (ends[i - 1] as number);
        const name = isAscii ? all.slice(begin - start, end - start) : column.at(i);
        if (name === undefined) throw new RangeError("a name is missing");
        return name;
      });
    },
    floats: (count) => floatsOf(raw(4 * count)),
    raw,
  };
}
