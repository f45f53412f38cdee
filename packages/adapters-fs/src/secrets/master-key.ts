import { randomBytes } from "node:crypto";
import { argumentInvalid } from "@keelson/storage-engine";
import { checksum } from "../codec/checksum.ts";
import { createWhole, readWhole } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { corrupt } from "../store-error.ts";

const KEY_BYTES = 32;
const MAGIC = Buffer.from("KLK\n", "latin1");
const FILE_BYTES = MAGIC.length + KEY_BYTES + 4;

/**
 * Copies a key, which its owner may wipe.
 *
 * @throws KeelsonError ARGUMENT_INVALID when it is not 32 bytes.
 */
export function ownMasterKey(key: unknown): Uint8Array {
  if (key instanceof Uint8Array && key.length === KEY_BYTES) return Uint8Array.from(key);
  throw argumentInvalid("masterKey", `is not a Uint8Array of ${KEY_BYTES} bytes`);
}

/**
 * Reads the key file of a store.
 *
 * @returns `undefined` where there is none.
 * @throws KeelsonError STORE_CORRUPT when it is damaged.
 */
export async function readMasterKey(fileSystem: FileSystem, layout: Layout): Promise<Uint8Array | undefined> {
  const file = await readWhole(fileSystem, layout.masterKey);
  if (file === undefined) return undefined;
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  const whole =
    bytes.length === FILE_BYTES &&
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    checksum(bytes.subarray(0, FILE_BYTES - 4)) === bytes.readUInt32LE(FILE_BYTES - 4);
  if (!whole) throw corrupt(layout.masterKey, 0, bytes.length, "the key does not match its checksum");
  return new Uint8Array(bytes.subarray(MAGIC.length, MAGIC.length + KEY_BYTES));
}

/** Makes a key and keeps it in the store's key file, of mode 0600. */
export async function createMasterKey(fileSystem: FileSystem, layout: Layout): Promise<Uint8Array> {
  const key = randomBytes(KEY_BYTES);
  const bytes = Buffer.alloc(FILE_BYTES);
  MAGIC.copy(bytes, 0);
  key.copy(bytes, MAGIC.length);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, FILE_BYTES - 4)), FILE_BYTES - 4);
  const temporary = layout.newTemporary();
  await createWhole(fileSystem, temporary, bytes);
  await fileSystem.rename(temporary, layout.masterKey);
  await fileSystem.syncDirectory(layout.root);
  return new Uint8Array(key);
}
