/**
 * Durable storage on the filesystem: an append-only, checksummed log under vectors, state and secrets, and blobs as
 * files.
 *
 * @packageDocumentation
 */

export { openFsStorage } from "./open-fs-storage.ts";
export type {
  FsStorage,
  FsStorageOptions,
  MasterKeyRotation,
  RotateMasterKeyOptions,
} from "./open-fs-storage.ts";
export type { TornTail } from "./log/repair-tail.ts";

// For tests that inject faults
export type { FileSystem, OpenFile, OpenMode } from "./file-system.ts";
