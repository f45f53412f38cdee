import { createHmac } from "node:crypto";
import { deriveKey, type RedactionKey } from "./keys.ts";
import type { Operator } from "./operator.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const LENGTH = 16;

/** The first 80 bits in base 32 (RFC 4648), in lower case. */
function base32(bytes: Uint8Array): string {
  let text = "";
  for (let bit = 0; text.length < LENGTH; bit += 5) {
    const pair = ((bytes[bit >> 3] ?? 0) << 8) | (bytes[(bit >> 3) + 1] ?? 0);
    text += ALPHABET[(pair >> (11 - (bit & 7))) & 31];
  }
  return text;
}

/**
 * Replaces a value by a pseudonym that only the key's owner can make: `[email:k3f9q2…]`, from HMAC-SHA-256 over type
 * and normalised value. The same value gives the same pseudonym in every document, so joins survive; give each tenant
 * a key of its own, and no pseudonym of one can be told in the data of another.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the key's id is malformed or the key has under 32 bytes.
 *
 * @example
 * ```ts
 * import { createRedactor, pseudonym } from "@keelson/redaction";
 *
 * const key = { id: "tenant-7", key: "a tenant's key of thirty-two bytes or more" };
 * const redactor = createRedactor({ operator: pseudonym(key) });
 * const { text } = await redactor.redact("Ada@example.com wrote, then ada@example.com.");
 * console.log(new Set(text.match(/\[email:[a-z2-7]{16}\]/g)).size); // 1
 * ```
 */
export function pseudonym(key: RedactionKey): Operator {
  const derived = deriveKey(key, "pseudonym");
  return {
    id: `pseudonym:${key.id}`,
    begin: () => (input) => {
      const digest = createHmac("sha256", derived).update(`${input.type}\0${input.normalized()}`).digest();
      return `[${input.label}:${base32(digest)}]`;
    },
  };
}
