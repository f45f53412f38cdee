import { createHash } from "node:crypto";
import { join } from "node:path";

/** Where a blob's file is. */
export interface BlobPath {
  readonly directory: string;
  readonly file: string;
}

const DIRECTORY = /^[0-9a-f]{2}$/;
const FILE = /^[0-9a-f]{62}$/;

/**
 * The file of a key, named after its SHA-256 under one of 256 directories: no key is too long, leaves the folder, or
 * meets another on a filesystem that ignores case.
 */
export function blobPath(root: string, key: string): BlobPath {
  const name = createHash("sha256").update(key, "utf8").digest("hex");
  const directory = join(root, name.slice(0, 2));
  return { directory, file: join(directory, name.slice(2)) };
}

export function isBlobDirectory(name: string): boolean {
  return DIRECTORY.test(name);
}

export function isBlobFile(name: string): boolean {
  return FILE.test(name);
}
