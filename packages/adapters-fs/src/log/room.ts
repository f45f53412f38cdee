// To sync what makes a file longer costs a journaling filesystem two trips to the disk, what writes over bytes that are
// there one.
const ROOM_BYTES = 256 * 1024;

// Writing the zeros too would cost a large frame more than it saves.
const SMALL_FRAME_BYTES = ROOM_BYTES / 16;

/**
 * Gives a frame that does not fit into its segment zeros behind it: room for frames to come.
 *
 * @param most How many bytes the segment may still take.
 */
export function withRoom(frame: Uint8Array, most: number): Uint8Array {
  const length = Math.min(frame.length + ROOM_BYTES, most);
  if (frame.length > SMALL_FRAME_BYTES || length <= frame.length) return frame;
  const bytes = new Uint8Array(length);
  bytes.set(frame);
  return bytes;
}

/** Where the zeros begin that bytes end with, `start` at the earliest. */
export function roomStart(bytes: Uint8Array, start: number): number {
  let end = bytes.length;
  while (end > start && bytes[end - 1] === 0) end--;
  return end;
}
