// Memory outside of the engine's heap has it collect garbage: a few large pieces much less than one for each frame.
const PIECE_BYTES = 1 << 24;

/**
 * Hands out memory, side by side in large pieces.
 *
 * @param most How many bytes will be asked for in all.
 */
export function createMemoryPieces(most: number): (bytes: number) => Uint8Array {
  const pieceBytes = Math.min(PIECE_BYTES, most);
  let piece = Buffer.alloc(0);
  let taken = 0;
  return (bytes) => {
    if (taken + bytes > piece.length) {
      piece = Buffer.allocUnsafeSlow(Math.max(bytes, pieceBytes));
      taken = 0;
    }
    taken += bytes;
    return piece.subarray(taken - bytes, taken);
  };
}
