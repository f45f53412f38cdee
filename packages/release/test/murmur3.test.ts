import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { murmur3 } from "../src/index.ts";

/** The algorithm as published, over bytes. */
function reference(bytes: Uint8Array, seed: number): number {
  const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
  const scramble = (k: number): number => Math.imul(rotate(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let h = seed;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) {
    h = (Math.imul(rotate(h ^ scramble(view.getUint32(at, true)), 13), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= at; i--) tail = (tail << 8) | (bytes[i] as number);
  if (at < bytes.length) h ^= scramble(tail);
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

describe("murmur3", () => {
  // From the collections that implementations in other languages are tested with.
  it.each([
    ["", 0, 0],
    ["", 1, 0x514e28b7],
    ["", 0xffffffff, 0x81f16f39],
    ["\0\0\0\0", 0, 0x2362f9de],
    ["aaaa", 0x9747b28c, 0x5a97808a],
    ["aaa", 0x9747b28c, 0x283e0130],
    ["aa", 0x9747b28c, 0x5d211726],
    ["a", 0x9747b28c, 0x7fa09ea6],
    ["abcd", 0x9747b28c, 0xf0478627],
    ["abc", 0x9747b28c, 0xc84a62dd],
    ["ab", 0x9747b28c, 0x74875592],
    ["Hello, world!", 0x9747b28c, 0x24884cba],
    ["ππππππππ", 0x9747b28c, 0xd58063c1],
    ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
  ])("gives the published hash of %j with seed %i", (text, seed, hash) => {
    expect(murmur3(text, seed)).toBe(hash);
  });

  it("hashes the UTF-8 bytes that TextEncoder gives, of any string, lone surrogates included", () => {
    const anyCodeUnits = fc
      .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7ff, max: 0xe001 })))
      .map((units) => String.fromCharCode(...units));
    const anyText = fc.oneof(anyCodeUnits, fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(anyText, fc.integer({ min: 0, max: 0xffffffff }), (text, seed) => {
        expect(murmur3(text, seed)).toBe(reference(new TextEncoder().encode(text), seed));
      }),
      { numRuns: 2000 },
    );
  });
});
