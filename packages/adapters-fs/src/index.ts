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

// Tools for the files of a store
export { type FsToolOptions, inspectFsStorage } from "./inspect/inspect-fs-storage.ts";
export type { InspectedFrame, InspectedPart } from "./inspect/inspected-frame.ts";
export { type FsVerifyReport, verifyFsStorage } from "./inspect/verify-fs-storage.ts";
export {
  type FsSalvageOptions,
  type FsSalvageReport,
  salvageFsStorage,
} from "./inspect/salvage-fs-storage.ts";
export type { StoreDamage } from "./inspect/store-files.ts";

// For tests that inject faults
export type { FileSystem, OpenFile, OpenMode } from "./file-system.ts";
