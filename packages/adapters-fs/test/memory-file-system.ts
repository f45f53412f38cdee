import { dirname } from "node:path";
import type { FileSystem, OpenFile } from "@keelson/adapters-fs";

/** What is about to happen, told to the fault hook. */
export interface Operation {
  readonly name: keyof FileSystem | keyof OpenFile;
  readonly path: string;
  /** What is written. */
  readonly bytes?: Uint8Array;
}

/** A filesystem in memory, with its content open to the test. */
export interface MemoryFileSystem extends FileSystem {
  /** Content by path. Change it to damage a file. */
  readonly files: Map<string, { bytes: Uint8Array }>;
  readonly directories: Set<string>;
  /** How many files are open. */
  readonly openFiles: number;
  /**
   * Is called before each operation. What it throws, the operation rejects with; a number makes a write write only
   * that many bytes.
   */
  fault: ((operation: Operation) => number | undefined) | undefined;
  /** Another one with the same content and no faults. */
  clone(): MemoryFileSystem;
}

/** An error as the operating system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by the test`), { code });
}

export function createMemoryFileSystem(): MemoryFileSystem {
  const files = new Map<string, { bytes: Uint8Array }>();
  const directories = new Set<string>(["/"]);
  let openFiles = 0;
  const fileAt = (path: string): { bytes: Uint8Array } => {
    const file = files.get(path);
    if (file === undefined) throw systemError("ENOENT");
    return file;
  };
  const assertFree = (path: string): void => {
    if (files.has(path)) throw systemError("EEXIST");
    if (!directories.has(dirname(path))) throw systemError("ENOENT");
  };

  const system: MemoryFileSystem = {
    files,
    directories,
    get openFiles() {
      return openFiles;
    },
    fault: undefined,
    clone: () => {
      const copy = createMemoryFileSystem();
      for (const [path, { bytes }] of files) copy.files.set(path, { bytes: bytes.slice() });
      for (const path of directories) copy.directories.add(path);
      return copy;
    },
    open: async (path, mode) => {
      system.fault?.({ name: "open", path });
      if (mode === "create") {
        assertFree(path);
        files.set(path, { bytes: new Uint8Array() });
      }
      const file = fileAt(path);
      openFiles++;
      return openFile(file, path);
    },
    list: async (path) => {
      system.fault?.({ name: "list", path });
      if (!directories.has(path)) throw systemError("ENOENT");
      const names = [...files.keys(), ...directories].filter(
        (each) => each !== path && dirname(each) === path,
      );
      return names.map((each) => each.slice(each.lastIndexOf("/") + 1));
    },
    exists: async (path) => {
      system.fault?.({ name: "exists", path });
      return files.has(path) || directories.has(path);
    },
    createDirectory: async (path) => {
      system.fault?.({ name: "createDirectory", path });
      for (let each = path; each !== "/"; each = dirname(each)) directories.add(each);
    },
    rename: async (from, to) => {
      system.fault?.({ name: "rename", path: to });
      files.set(to, fileAt(from));
      files.delete(from);
    },
    link: async (from, to) => {
      system.fault?.({ name: "link", path: to });
      const file = fileAt(from);
      assertFree(to);
      files.set(to, file);
    },
    remove: async (path) => {
      system.fault?.({ name: "remove", path });
      fileAt(path);
      files.delete(path);
    },
    syncDirectory: async (path) => {
      system.fault?.({ name: "syncDirectory", path });
    },
  };
  return system;

  function openFile(file: { bytes: Uint8Array }, path: string): OpenFile {
    return {
      read: async (length, position) => {
        system.fault?.({ name: "read", path });
        return file.bytes.slice(position, position + length);
      },
      write: async (bytes, position) => {
        const count = system.fault?.({ name: "write", path, bytes }) ?? bytes.length;
        const grown = new Uint8Array(Math.max(file.bytes.length, position + count));
        grown.set(file.bytes);
        grown.set(bytes.subarray(0, count), position);
        file.bytes = grown;
        return count;
      },
      truncate: async (length) => {
        system.fault?.({ name: "truncate", path });
        file.bytes = file.bytes.slice(0, length);
      },
      size: async () => file.bytes.length,
      sync: async () => {
        system.fault?.({ name: "sync", path });
      },
      close: async () => {
        // As the system does it: an error of close tells of lost writes, but the file is closed.
        openFiles--;
        system.fault?.({ name: "close", path });
      },
    };
  }
}
