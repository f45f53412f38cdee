import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createContentDigest } from "../src/snapshot/content-digest.ts";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url");

function digestOf(texts: readonly string[]): string {
  const digest = createContentDigest();
  for (const text of texts) digest.add(hashOf(text));
  return digest.value();
}

/** The same by plain arithmetic. */
function sumOf(texts: readonly string[]): string {
  const sum = texts
    .map((text) => BigInt(`0x${Buffer.from(hashOf(text), "base64url").reverse().toString("hex")}`))
    .reduce((a, b) => (a + b) % 2n ** 256n, 0n);
  return Buffer.from(sum.toString(16).padStart(64, "0"), "hex").reverse().toString("base64url");
}

describe("createContentDigest", () => {
  it("is the sum of the hashes modulo 2^256, in whatever order", () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 20 }), (texts) => {
        expect(digestOf(texts)).toBe(sumOf(texts));
        expect(digestOf([...texts].reverse())).toBe(digestOf(texts));
      }),
    );
  });

  it("takes documents out again without the others", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (kept, gone) => {
        const digest = createContentDigest(digestOf([...kept, ...gone]));
        for (const text of gone) digest.subtract(hashOf(text));
        expect(digest.value()).toBe(digestOf(kept));
      }),
    );
  });

  it("tells one document from the same one twice", () => {
    expect(new Set([digestOf([]), digestOf(["a"]), digestOf(["a", "a"])]).size).toBe(3);
  });
});
