import { createHmac, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createKeyedHash } from "../src/keyed-hash.ts";

function hmac(key: Buffer, value: string): string {
  return createHmac("sha256", key).update(value, "utf8").digest("hex");
}

describe("createKeyedHash", () => {
  it("is the HMAC-SHA-256 of node:crypto, for every length", () => {
    const key = randomBytes(32);
    const { hash } = createKeyedHash(key);
    for (const unit of ["x", "é", "日"])
      for (let length = 0; length < 600; length++) {
        const value = unit.repeat(length);
        expect(hash(value).toString("hex")).toBe(hmac(key, value));
      }
  });

  it("is so for any key and any text, in any order", () => {
    const some = fc.tuple(fc.uint8Array({ minLength: 0, maxLength: 64 }), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(fc.array(some, { maxLength: 4 }), (pairs) => {
        const hashes = pairs.map(([key]) => createKeyedHash(Buffer.from(key)));
        for (const [i, [key, value]] of pairs.entries())
          expect(hashes[i]?.hash(value).toString("hex")).toBe(hmac(Buffer.from(key), value));
      }),
    );
  });

  it("is that of RFC 4231", () => {
    const { hash } = createKeyedHash(Buffer.from("Jefe"));
    expect(hash("what do ya want for nothing?").toString("hex")).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });
});
