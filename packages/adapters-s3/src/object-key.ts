import { KeelsonError } from "@keelson/core";

const LARGEST_KEY_BYTES = 1024;

/**
 * The key of an object for the key of a blob. Services order keys by UTF-8 bytes and take few bytes for granted; so all
 * but the ASCII from `#` to `}` is written as `!` or `~` and the code unit: that keeps the order of JavaScript, since
 * `!` stands before and `~` behind what is written plainly.
 */
export function encodeObjectKey(key: string): string {
  let encoded = "";
  for (let at = 0; at < key.length; at++) {
    const unit = key.charCodeAt(at);
    if (unit >= 0x23 && unit <= 0x7d) encoded += key[at];
    else if (unit < 0x23) encoded += `!${unit.toString(16).padStart(2, "0")}`;
    else encoded += `~${unit.toString(16).padStart(4, "0")}`;
  }
  return encoded;
}

/** The key of the blob; `undefined` for an object that was stored by something else. */
export function decodeObjectKey(encoded: string): string | undefined {
  const key = encoded.replace(/!([0-9a-f]{2})|~([0-9a-f]{4})/g, (_, low?: string, high?: string) =>
    String.fromCharCode(Number.parseInt(low ?? high ?? "", 16)),
  );
  return encodeObjectKey(key) === encoded ? key : undefined;
}

/** @throws KeelsonError KEY_INVALID when the service takes no key of that length. */
export function assertObjectKey(objectKey: string): void {
  if (objectKey.length <= LARGEST_KEY_BYTES) return;
  const reason = `the key takes ${objectKey.length} bytes with its prefix, S3 takes ${LARGEST_KEY_BYTES}`;
  throw new KeelsonError("KEY_INVALID", reason, { details: { reason } });
}
