import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { argumentInvalid, KeelsonError } from "@keelson/core";
import { deriveKey, type RedactionKey } from "./keys.ts";
import type { Operator } from "./operator.ts";

const IV_BYTES = 12;
const TAG_BYTES = 16;
const SEALED = /\[([a-z][a-z0-9_]{0,31})!([\w.-]{1,64})!([\w-]{38,120000})\]/g;

interface EncryptionKeys {
  readonly cipher: Buffer;
  readonly iv: Buffer;
}

const keysOf = (key: RedactionKey): EncryptionKeys => ({
  cipher: deriveKey(key, "encrypt"),
  iv: deriveKey(key, "encrypt-iv"),
});

/**
 * Replaces a value by its ciphertext, `[email!key-id!…]`: AES-256-GCM, bound to type and key id. Whoever has the key
 * gets the text back with {@link restore}. The initialisation vector is an HMAC of the value under a key of its own, so
 * the same text gives the same output, and equal values can be seen to be equal, as with {@link pseudonym}.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the key's id is malformed or the key has under 32 bytes.
 *
 * @example
 * ```ts
 * import { createRedactor, encrypt, restore } from "@keelson/redaction";
 *
 * const key = { id: "2026-11", key: "a tenant's key of thirty-two bytes or more" };
 * const redactor = createRedactor({ operator: encrypt(key) });
 * const { text } = await redactor.redact("Write to ada@example.com.");
 * console.log(text.includes("ada")); // false
 * console.log(restore(text, [key])); // Write to ada@example.com.
 * ```
 */
export function encrypt(key: RedactionKey): Operator {
  const keys = keysOf(key);
  return {
    id: `encrypt:${key.id}`,
    begin:
      () =>
      ({ label, value }) => {
        const iv = createHmac("sha256", keys.iv).update(`${label}\0${value}`).digest().subarray(0, IV_BYTES);
        const cipher = createCipheriv("aes-256-gcm", keys.cipher, iv).setAAD(
          Buffer.from(`${label}!${key.id}`),
        );
        const sealed = Buffer.concat([iv, cipher.update(value, "utf8"), cipher.final(), cipher.getAuthTag()]);
        return `[${label}!${key.id}!${sealed.toString("base64url")}]`;
      },
  };
}

/**
 * Puts back what {@link encrypt} took out, as far as the keys go: placeholders of other keys and kinds stay.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the text is no string, or `keys` no list of keys.
 * @throws KeelsonError SECRET_UNREADABLE when a placeholder of one of the keys was changed, or made with another
 * key of the same id. Nothing is given back then.
 */
export function restore(text: string, keys: readonly RedactionKey[]): string {
  if (typeof text !== "string") throw argumentInvalid("text", "is not a string");
  if (!Array.isArray(keys)) throw argumentInvalid("keys", "is no list");
  const byId = new Map(keys.map((key) => [key.id, keysOf(key)]));
  return text.replace(SEALED, (whole, label: string, id: string, payload: string) => {
    const found = byId.get(id);
    if (found === undefined) return whole;
    const sealed = Buffer.from(payload, "base64url");
    try {
      const decipher = createDecipheriv("aes-256-gcm", found.cipher, sealed.subarray(0, IV_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(`${label}!${id}`))
        .setAuthTag(sealed.subarray(-TAG_BYTES));
      const plain = decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES));
      return Buffer.concat([plain, decipher.final()]).toString("utf8");
    } catch {
      throw new KeelsonError("SECRET_UNREADABLE", `a placeholder of the key ${id} can't be opened`, {
        details: { name: id, reason: "wrong key, or changed" },
      });
    }
  });
}
