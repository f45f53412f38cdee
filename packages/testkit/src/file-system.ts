/**
 * A filesystem in memory that loses what was not synced, fails where it is told to, and shows every state that a power
 * cut may leave: for tests of whatever says that it is durable.
 *
 * @packageDocumentation
 */

export { createSimulatedFileSystem } from "./file-system/simulated-file-system.ts";
export type {
  CrashStatesOptions,
  FileSystemOperation,
  FileSystemOperationName,
  SimulatedFile,
  SimulatedFileSystem,
  SimulatedFileSystemOptions,
  SimulatedFiles,
} from "./file-system/simulated-file-system-types.ts";
export { systemError } from "./file-system/system-error.ts";
