import assert from "node:assert/strict";
import type { BlobInfo, BlobStore } from "@keelson/core";

/** The UTF-8 bytes of a text. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Fails unless the content is exactly this; `undefined` means that there is none. */
export function assertBytes(actual: Uint8Array | undefined, expected: Uint8Array | undefined): void {
  if (expected === undefined || actual === undefined) {
    assert.equal(
      actual === undefined,
      expected === undefined,
      "a blob is missing, or there although it should not be",
    );
    return;
  }
  assert.ok(actual instanceof Uint8Array, "content is no Uint8Array");
  assert.ok(
    Buffer.compare(actual, expected) === 0,
    `content differs: ${actual.length} bytes for ${expected.length}`,
  );
}

/** Fails unless the listing is exactly this. */
export function assertInfos(actual: readonly BlobInfo[], expected: readonly BlobInfo[]): void {
  assert.deepStrictEqual(
    actual.map(({ key, size }) => ({ key, size })),
    expected,
  );
}

/** Puts blobs that hold their own keys. */
export async function putKeys(blobs: BlobStore, keys: readonly string[]): Promise<void> {
  for (const key of keys) await blobs.put(key, bytes(key));
}

/** What a listing says of blobs that hold their own keys. */
export function infosOf(keys: readonly string[]): BlobInfo[] {
  return keys.map((key) => ({ key, size: bytes(key).length }));
}

/** Bytes that differ from place to place, of any length. */
export function pattern(length: number): Uint8Array {
  const content = new Uint8Array(length);
  for (let i = 0; i < length; i++) content[i] = (i * 31) % 251;
  return content;
}
