import type { Awaitable } from "@keelson/core";

/** What `createSimulatedFileSystem` takes. */
export interface SimulatedFileSystemOptions {
  /**
   * What the medium writes whole or not at all, in bytes: a power cut tears writes at multiples of it only. Default
   * 512; with 1 a write may end at any byte.
   */
  readonly sectorBytes?: number | undefined;
  /** How many bytes of content fit in all. A write takes what does, then rejects with `ENOSPC`. Default: no limit. */
  readonly capacityBytes?: number | undefined;
}

/** What {@link SimulatedFileSystem.crashStates} takes. */
export interface CrashStatesOptions {
  /** How many states to give at most. Default 100. */
  readonly limit?: number | undefined;
  /** Chooses the sample where there are more. Default 1. */
  readonly seed?: number | undefined;
}

/** The operations that may fail. */
export type FileSystemOperationName =
  | "open"
  | "list"
  | "exists"
  | "realPath"
  | "createDirectory"
  | "rename"
  | "link"
  | "remove"
  | "syncDirectory"
  | "read"
  | "readSync"
  | "write"
  | "truncate"
  | "size"
  | "mode"
  | "sync"
  | "close";

/** An operation that is about to happen. */
export interface FileSystemOperation {
  /** What is asked for. */
  readonly name: FileSystemOperationName;
  /** Of the file or directory; of a rename or link, the new name. */
  readonly path: string;
  /** Of a read or write: the byte that it begins at. */
  readonly position?: number | undefined;
  /** What is written. */
  readonly bytes?: Uint8Array | undefined;
}

/** One open file. */
export interface SimulatedFile {
  /** Reads up to `length` bytes from `position` on; fewer only where the file ends. */
  read(length: number, position: number): Promise<Uint8Array>;
  /** Reads as {@link SimulatedFile.read} does, at once. */
  readSync(length: number, position: number): Uint8Array;
  /** Writes bytes at `position` and says how many it wrote, maybe fewer than given. Then they are the caller's again. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Cuts the file to `length` bytes. */
  truncate(length: number): Promise<void>;
  /** Its length in bytes. */
  size(): Promise<number>;
  /** Its permission bits, such as 0o600. */
  mode(): Promise<number>;
  /** Puts what was written on the medium. After one that failed, what was written before it may never get there. */
  sync(): Promise<void>;
  /** Releases the file, even where it rejects. */
  close(): Promise<void>;
}

/** The files as running processes see them, for a test to look at and to damage: what it changes is on the medium. */
export interface SimulatedFiles {
  /** All paths, in no order. */
  keys(): string[];
  /** Is there a file of that path? */
  has(path: string): boolean;
  /** A copy of the content. */
  get(path: string): Uint8Array | undefined;
  /** Replaces a file's content, under all of its names, or makes a file and the directories above it. */
  set(path: string, bytes: Uint8Array): void;
  /** Changes the permission bits of a file. */
  setMode(path: string, mode: number): void;
  /** Takes a file's name away. */
  delete(path: string): boolean;
}

/**
 * A filesystem in memory. What its processes see is one thing, what is on the medium another: content gets there by
 * {@link SimulatedFile.sync}, names by {@link SimulatedFileSystem.syncDirectory}, and anything else perhaps.
 */
export interface SimulatedFileSystem {
  /** Rejects with `ENOENT` where there is no such file, and in mode `"create"` with `EEXIST` where there is one. */
  open(path: string, mode: "read" | "write" | "create"): Promise<SimulatedFile>;
  /** The names in a directory. */
  list(directory: string): Promise<string[]>;
  /** Is there anything of that name? */
  exists(path: string): Promise<boolean>;
  /** The path: there are no links. */
  realPath(path: string): Promise<string>;
  /** Makes a directory and those above it, where they are missing. */
  createDirectory(path: string): Promise<void>;
  /** Gives a file another name, replacing what has it, in one step. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name; rejects with `EEXIST` where the name is taken. */
  link(from: string, to: string): Promise<void>;
  /** Removes a file's name. */
  remove(path: string): Promise<void>;
  /** Puts the names in a directory on the medium. */
  syncDirectory(path: string): Promise<void>;

  /** The files, open to the test. */
  readonly files: SimulatedFiles;
  /** How many files are open. */
  readonly openFiles: number;
  /**
   * Is called before each operation. What it throws, the operation rejects with; a number makes a write take only that
   * many bytes. The operation waits for its promise, so that a test may look at the moment before it; `readSync`, which
   * cannot wait, throws where it gets one.
   */
  fault: ((operation: FileSystemOperation) => Awaitable<number | undefined>) | undefined;
  /** Another one with what processes see in this one, all of it on the medium, and without faults: a kill, not a cut. */
  clone(): SimulatedFileSystem;
  /**
   * What a power cut at this moment may leave, each as a filesystem of its own without faults. Of what was not synced,
   * any part may be there: writes in any order and torn between sectors, a new length with zeros in it, new names
   * without content, old names. A rename may leave both names, but never none.
   *
   * All states where there are at most `limit`, else a sample: nothing kept, all kept, each single change alone kept
   * or lost, newest first, then random ones. Two states that look alike are given once.
   */
  crashStates(options?: CrashStatesOptions): SimulatedFileSystem[];
}
