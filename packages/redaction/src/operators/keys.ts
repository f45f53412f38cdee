import { hkdfSync } from "node:crypto";
import { assertObject, KeelsonError, Secret } from "@keelson/core";

/** A key with the name it goes by in placeholders and ids. */
export interface RedactionKey {
  /** Names the key: 1 to 64 letters, digits, `_`, `.` and `-`. A new key needs a new id. */
  readonly id: string;
  /** The key itself, at least 32 bytes; of a string its UTF-8. Several keys are derived from it (HKDF, RFC 5869). */
  readonly key: Uint8Array | string | Secret;
}

/**
 * Derives the key for one purpose.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the id is malformed or the key is too short.
 */
export function deriveKey(given: RedactionKey, purpose: string): Buffer {
  assertObject(given, "key");
  const { id, key } = given;
  const invalid = (reason: string): never => {
    throw new KeelsonError("ARGUMENT_INVALID", `the redaction key is invalid: ${reason}`, {
      details: { argument: "key", reason },
    });
  };
  if (typeof id !== "string" || !/^[\w.-]{1,64}$/.test(id))
    invalid("id is 1 to 64 letters, digits, _, . and -");
  const material = key instanceof Secret ? key.expose() : key;
  const bytes = typeof material === "string" ? Buffer.from(material, "utf8") : material;
  if (!(bytes instanceof Uint8Array)) invalid("key is bytes, a string or a Secret");
  if (bytes.length < 32) invalid("key has at least 32 bytes");
  return Buffer.from(hkdfSync("sha256", bytes, id, `keelson/redaction/${purpose}`, 32));
}
