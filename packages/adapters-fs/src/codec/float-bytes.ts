const FLOAT_BYTES = 4;
const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Floats as little-endian bytes, on most machines those in memory. */
export function floatBytes(floats: Float32Array): Uint8Array {
  const bytes = memoryOf(floats);
  return LITTLE_ENDIAN ? bytes : Buffer.from(bytes).swap32();
}

/** The memory of floats, to read little-endian bytes into; {@link settleFloats} makes floats of them. */
export function memoryOf(floats: Float32Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}

/** Turns little-endian bytes in the memory of floats into those floats, which they are already on most machines. */
export function settleFloats(memory: Uint8Array): void {
  if (!LITTLE_ENDIAN) Buffer.from(memory.buffer, memory.byteOffset, memory.length).swap32();
}

/** Floats of little-endian bytes: those very bytes where they lie well, else a copy. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  if (LITTLE_ENDIAN && bytes.byteOffset % FLOAT_BYTES === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / FLOAT_BYTES);
  const copy = Uint8Array.from(bytes);
  if (!LITTLE_ENDIAN) Buffer.from(copy.buffer).swap32();
  return new Float32Array(copy.buffer);
}
