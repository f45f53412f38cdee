import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { argumentInvalid } from "@keelson/core";
import { checksum } from "../codec/checksum.ts";
import { createWhole, removeIfThere } from "../durable-files.ts";
import type { FileSystem } from "../file-system.ts";
import { corrupt } from "../store-error.ts";
import { hasCode } from "../system-error.ts";

const KEY_BYTES = 32;
const MAGIC = Buffer.from("KLK\n", "latin1");
const FILE_BYTES = MAGIC.length + KEY_BYTES + 4;
const OTHERS = 0o077;

/**
 * Copies a key, which its owner may wipe.
 *
 * @throws KeelsonError ARGUMENT_INVALID when it is not 32 bytes.
 */
export function ownMasterKey(key: unknown, argument: string): Uint8Array {
  if (key instanceof Uint8Array && key.length === KEY_BYTES) return Uint8Array.from(key);
  throw argumentInvalid(argument, `is not a Uint8Array of ${KEY_BYTES} bytes`);
}

/** A random key. */
export function newMasterKey(): Uint8Array {
  return new Uint8Array(randomBytes(KEY_BYTES));
}

/** A key file as it was found. */
export interface MasterKeyFile {
  readonly key: Uint8Array;
  /** Can others than its owner read or write it? */
  readonly isExposed: boolean;
}

/**
 * Reads a key file.
 *
 * @returns `undefined` where there is none.
 * @throws KeelsonError STORE_CORRUPT when it is damaged.
 */
export async function readMasterKey(
  fileSystem: FileSystem,
  path: string,
): Promise<MasterKeyFile | undefined> {
  try {
    const file = await fileSystem.open(path, "read");
    try {
      const mode = await file.mode();
      return { key: decode(await file.read(await file.size(), 0), path), isExposed: (mode & OTHERS) !== 0 };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Puts a key into a file of mode 0600, in place of what is there, in one step. */
export async function writeMasterKey(fileSystem: FileSystem, path: string, key: Uint8Array): Promise<void> {
  await sweepMasterKey(fileSystem, path);
  await createWhole(fileSystem, beside(path), encode(key));
  await moveMasterKey(fileSystem, beside(path), path);
}

/** Removes what a write that a crash cut short has left. */
export async function sweepMasterKey(fileSystem: FileSystem, path: string): Promise<void> {
  await removeIfThere(fileSystem, beside(path));
}

// Not among the store's temporary files, since the key's place may be on another medium.
function beside(path: string): string {
  return `${path}.new`;
}

/** Gives a key file the name of another, which it replaces. */
export async function moveMasterKey(fileSystem: FileSystem, from: string, to: string): Promise<void> {
  await fileSystem.rename(from, to);
  await fileSystem.syncDirectory(dirname(to));
}

/** Removes a key file; there need not be one. */
export async function removeMasterKey(fileSystem: FileSystem, path: string): Promise<void> {
  await removeIfThere(fileSystem, path);
  await fileSystem.syncDirectory(dirname(path));
}

// magic 0..4 | key 4..36 | CRC-32 of all before it 36.
function encode(key: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(FILE_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.set(key, MAGIC.length);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, FILE_BYTES - 4)), FILE_BYTES - 4);
  return bytes;
}

function decode(content: Uint8Array, path: string): Uint8Array {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length);
  const whole =
    bytes.length === FILE_BYTES &&
    bytes.subarray(0, MAGIC.length).equals(MAGIC) &&
    checksum(bytes.subarray(0, FILE_BYTES - 4)) === bytes.readUInt32LE(FILE_BYTES - 4);
  if (!whole) throw corrupt(path, 0, bytes.length, "the key does not match its checksum");
  return new Uint8Array(bytes.subarray(MAGIC.length, MAGIC.length + KEY_BYTES));
}
