import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";

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

/** A key made ready once, which halves the cost of every hash under it. */
export function keyOf(token: string): KeyObject {
  return createSecretKey(token, "base64url");
}

/** HMAC-SHA-256 of a value: whatever its length, 32 bytes that can be compared in constant time. */
export function hmac(key: KeyObject, value: string): Buffer {
  return createHmac("sha256", key).update(value, "utf8").digest();
}

/** The digest and fingerprint of a value. */
export function digestValue(key: KeyObject, value: string): ValueDigest {
  const digest = hmac(key, value);
  const fingerprint = createHmac("sha256", key)
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
