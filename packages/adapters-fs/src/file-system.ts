/** How {@link FileSystem.open} opens a file: to read it, to read and write it, or as a new one of mode 0600. */
export type OpenMode = "read" | "write" | "create";

/** One open file. */
export interface OpenFile {
  /**
   * Reads up to `length` bytes from `position` on; fewer only where the file ends.
   *
   * @param scratch Memory of at least that length which it may read into, in place of memory of its own.
   */
  read(length: number, position: number, scratch?: Uint8Array): Promise<Uint8Array>;
  /** Reads as {@link OpenFile.read} does, while the process waits: for a text that is asked for before it has come. */
  readSync(length: number, position: number): Uint8Array;
  /** Writes bytes at `position` and says how many it wrote, maybe fewer than given. Then they are the caller's again. */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** Cuts the file to `length` bytes. */
  truncate(length: number): Promise<void>;
  /** Its length in bytes. */
  size(): Promise<number>;
  /** Its permission bits, such as 0o600. Where the system has none (Windows), 0o600. */
  mode(): Promise<number>;
  /** Resolves once what was written is on stable storage, with all that is needed to read it back. */
  sync(): Promise<void>;
  /** Releases the file. */
  close(): Promise<void>;
}

/**
 * All that the store asks of a filesystem, and the only way it touches one. Paths are absolute. Rejections carry the
 * `code` that Node gives them (`ENOENT`, `EEXIST`, …).
 */
export interface FileSystem {
  /** Rejects with `ENOENT` where there is no such file, and in mode `"create"` with `EEXIST` where there is one. */
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** The names in a directory, in any order. */
  list(directory: string): Promise<string[]>;
  /** Is there anything of that name? */
  exists(path: string): Promise<boolean>;
  /** Where a path leads once every symbolic link is followed; the path itself where there is nothing. */
  realPath(path: string): Promise<string>;
  /** Makes a directory of mode 0700 and those above it, where they are missing. */
  createDirectory(path: string): Promise<void>;
  /** Gives a file another name, replacing what has it, in one step. */
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name, in one step; rejects with `EEXIST` where the name is taken. */
  link(from: string, to: string): Promise<void>;
  /** Removes a name. Rejects with `ENOENT` where there is none. */
  remove(path: string): Promise<void>;
  /** Resolves once the names in a directory, as they are, are on stable storage. */
  syncDirectory(path: string): Promise<void>;
}
