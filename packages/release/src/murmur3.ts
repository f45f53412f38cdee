const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/**
 * MurmurHash3 x86 32-bit (Austin Appleby) of a string's UTF-8 bytes, as an unsigned 32-bit number, so that other
 * languages bucket the same keys alike. A lone surrogate counts as U+FFFD, as in `TextEncoder`.
 *
 * @param seed An unsigned 32-bit number.
 *
 * @example
 * ```ts
 * import { murmur3 } from "@keelson/release";
 *
 * console.log(murmur3("Hello, world!", 0x9747b28c).toString(16)); // 24884cba
 * ```
 */
export function murmur3(text: string, seed: number): number {
  return murmur3Signed(text, seed) >>> 0;
}

/**
 * {@link murmur3} as a signed number, which engines hold without allocating. It runs for every request, so it encodes
 * while it hashes, and allocates nothing.
 */
export function murmur3Signed(text: string, seed: number): number {
  let hash = seed | 0;
  // The bytes since the last full block, lowest first, and how many bytes there were in all.
  let block = 0;
  let length = 0;

  for (let i = 0; i < text.length; i++) {
    // Most keys are ASCII: a whole block at a time where four such characters stand together.
    if ((length & 3) === 0 && i + 3 < text.length) {
      const a = text.charCodeAt(i);
      const b = text.charCodeAt(i + 1);
      const c = text.charCodeAt(i + 2);
      const d = text.charCodeAt(i + 3);
      if ((a | b | c | d) < 0x80) {
        hash = mixBlock(hash, a | (b << 8) | (c << 16) | (d << 24));
        length += 4;
        i += 3;
        continue;
      }
    }

    let point = text.charCodeAt(i);
    if (point >= 0xd800 && point <= 0xdfff) {
      const low = point <= 0xdbff && i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
        i++;
      } else {
        point = 0xfffd;
      }
    }

    // UTF-8, the bytes of one code point packed with the first in the lowest place.
    let bytes = point;
    let count = 1;
    if (point > 0xffff) {
      bytes =
        0x808080f0 |
        (point >> 18) |
        ((point >> 4) & 0x3f00) |
        ((point << 10) & 0x3f0000) |
        ((point & 0x3f) << 24);
      count = 4;
    } else if (point > 0x7ff) {
      bytes = 0x8080e0 | (point >> 12) | ((point << 2) & 0x3f00) | ((point & 0x3f) << 16);
      count = 3;
    } else if (point > 0x7f) {
      bytes = 0x80c0 | (point >> 6) | ((point & 0x3f) << 8);
      count = 2;
    }

    const filled = length & 3;
    block |= bytes << (filled << 3);
    length += count;
    if (filled + count >= 4) {
      hash = mixBlock(hash, block);
      // A shift by 32 would shift by 0, so an empty rest is said outright.
      block = filled === 0 ? 0 : bytes >>> ((4 - filled) << 3);
    }
  }

  if ((length & 3) !== 0) hash ^= scramble(block);
  return finalise(hash ^ length);
}

function mixBlock(hash: number, block: number): number {
  const mixed = hash ^ scramble(block);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function scramble(block: number): number {
  const product = Math.imul(block, C1);
  return Math.imul((product << 15) | (product >>> 17), C2);
}

function finalise(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
