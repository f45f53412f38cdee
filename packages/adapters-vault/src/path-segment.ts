const PLAIN = /^[A-Za-z0-9_-]$/;
const ESCAPED = /^(?:[A-Za-z0-9_-]|~[0-9A-F]{2})+$/;

/**
 * A name as one segment of a path. Letters, digits, `_` and `-` stay; every other byte of its UTF-8 becomes `~` and two
 * hexadecimal digits, so that no name leads elsewhere and different names stay different.
 */
export function toSegment(name: string): string {
  let segment = "";
  for (const byte of new TextEncoder().encode(name)) {
    const character = String.fromCharCode(byte);
    segment += PLAIN.test(character) ? character : `~${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return segment;
}

/** The name in a segment; `undefined` where the segment is none of ours. */
export function fromSegment(segment: string): string | undefined {
  if (!ESCAPED.test(segment)) return undefined;
  const bytes: number[] = [];
  for (let i = 0; i < segment.length; i++) {
    const isEscape = segment[i] === "~";
    bytes.push(isEscape ? Number.parseInt(segment.slice(i + 1, i + 3), 16) : segment.charCodeAt(i));
    if (isEscape) i += 2;
  }
  try {
    const name = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
    return toSegment(name) === segment ? name : undefined;
  } catch {
    return undefined;
  }
}
