/** Bytes that grow by writing to them; what was never written between is zeros. */
export interface Extent {
  readonly length: number;
  /** A copy of the bytes from `start` to `end`, as far as there are any. */
  slice(start?: number, end?: number): Uint8Array;
  write(bytes: Uint8Array, position: number): void;
  /** Cuts to `length` bytes, or fills up to them with zeros. */
  resize(length: number): void;
}

export function createExtent(content: Uint8Array = new Uint8Array()): Extent {
  let buffer = content.slice();
  let length = content.length;

  const resize = (wanted: number): void => {
    if (wanted > buffer.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * buffer.length));
      grown.set(buffer.subarray(0, length));
      buffer = grown;
    }
    if (wanted < length) buffer.fill(0, wanted, length);
    length = wanted;
  };
  return {
    get length() {
      return length;
    },
    slice: (start = 0, end = length) => buffer.slice(start, Math.min(end, length)),
    write: (bytes, position) => {
      if (position + bytes.length > length) resize(position + bytes.length);
      buffer.set(bytes, position);
    },
    resize,
  };
}
