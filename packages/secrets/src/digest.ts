import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createKeyedHash, type KeyedHash } from "./keyed-hash.ts";

const BYTES = 32;

/** What is stored to recognise a value by. */
export interface ValueDigest {
  /** HMAC-SHA-256 in base64url. */
  readonly digest: string;
  /** 16 hexadecimal digits for people to compare, from which the digest cannot be told. */
  readonly fingerprint: string;
}

/** 32 random bytes in base64url: a key, or a value nobody can guess. */
export function randomToken(): string {
  return randomBytes(BYTES).toString("base64url");
}

/** The keyed hash of a secret, by the key in its record. */
export function keyedHashOf(key: string): KeyedHash {
  return createKeyedHash(Buffer.from(key, "base64url"));
}

/** The digest and fingerprint of a value, by the key in the secret's record. */
export function digestValue(key: string, value: string): ValueDigest {
  const bytes = Buffer.from(key, "base64url");
  const digest = createHmac("sha256", bytes).update(value, "utf8").digest();
  const fingerprint = createHmac("sha256", bytes)
    .update("fingerprint")
    .update(digest)
    .digest("hex")
    .slice(0, 16);
  return { digest: digest.toString("base64url"), fingerprint };
}

/** Are two digests equal? Takes the same time wherever they differ. */
export function sameDigest(a: Buffer, b: Buffer): boolean {
  return timingSafeEqual(a, b);
}

/** The bytes of a key or digest from a record; `undefined` where it is none. */
export function decodeToken(token: unknown): Buffer | undefined {
  if (typeof token !== "string") return undefined;
  const bytes = Buffer.from(token, "base64url");
  return bytes.length === BYTES ? bytes : undefined;
}
