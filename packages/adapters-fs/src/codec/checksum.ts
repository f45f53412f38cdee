import { crc32 } from "node:zlib";

/** CRC-32 (IEEE 802.3) of bytes, behind those that `seed` is the checksum of. */
export function checksum(bytes: Uint8Array, seed = 0): number {
  return crc32(bytes, seed);
}
