/** Bytes that grow by writing to them; what was never written between is zeros. */
export interface Extent {
  readonly length: number;
  /** A copy of the bytes from `start` to `end`, as far as there are any. */
  slice(start?: number, end?: number): Uint8Array;
  write(bytes: Uint8Array, position: number): void;
  /** Cuts to `length` bytes, or fills up to them with zeros. */
  resize(length: number): void;
}

/** @param content Is copied once something is written: it must not change meanwhile. */
export function createExtent(content: Uint8Array = new Uint8Array()): Extent {
  let buffer = content;
  let owned = false;
  let length = content.length;

  const own = (bytes: number): void => {
    if (owned && bytes <= buffer.length) return;
    const copy = new Uint8Array(bytes > buffer.length ? Math.max(bytes, 2 * buffer.length) : buffer.length);
    copy.set(buffer.subarray(0, length));
    buffer = copy;
    owned = true;
  };
  const resize = (wanted: number): void => {
    own(wanted);
    if (wanted < length) buffer.fill(0, wanted, length);
    length = wanted;
  };
  return {
    get length() {
      return length;
    },
    slice: (start = 0, end = length) => buffer.slice(start, Math.min(end, length)),
    write: (bytes, position) => {
      own(position + bytes.length);
      length = Math.max(length, position + bytes.length);
      buffer.set(bytes, position);
    },
    resize,
  };
}
