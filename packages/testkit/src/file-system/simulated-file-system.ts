import { copyTree, crashStates } from "./crash-states.ts";
import {
  createDirectoryNode,
  type DirectoryNode,
  filesBelow,
  lookUp,
  type NameChange,
  parentOf,
} from "./directory-node.ts";
import { createFileNode, type FileNode } from "./file-node.ts";
import type {
  FileSystemOperation,
  SimulatedFile,
  SimulatedFileSystem,
  SimulatedFileSystemOptions,
} from "./simulated-file-system-types.ts";
import { systemError } from "./system-error.ts";

/**
 * Makes an empty filesystem. It has the shape of `FileSystem` of `@keelson/adapters-fs`.
 *
 * @example
 * ```ts
 * import { createSimulatedFileSystem } from "@keelson/testkit/file-system";
 *
 * const fileSystem = createSimulatedFileSystem();
 * const file = await fileSystem.open("/note", "create");
 * await file.write(new TextEncoder().encode("hello"), 0);
 * await file.sync();
 * console.log(fileSystem.crashStates().map(({ files }) => files.keys())); // [ [], [ '/note' ] ]
 *
 * // The name is not there for sure before its directory is synced.
 * await fileSystem.syncDirectory("/");
 * console.log(fileSystem.crashStates().map(({ files }) => files.keys())); // [ [ '/note' ] ]
 * ```
 */
export function createSimulatedFileSystem(options: SimulatedFileSystemOptions = {}): SimulatedFileSystem {
  return simulate(createDirectoryNode(), options);
}

function simulate(root: DirectoryNode, options: SimulatedFileSystemOptions): SimulatedFileSystem {
  const { sectorBytes = 512, capacityBytes = Number.POSITIVE_INFINITY } = options;
  let openFiles = 0;
  let order = 0;

  const consult = async (operation: FileSystemOperation): Promise<number | undefined> => {
    const verdict = system.fault?.(operation);
    return verdict instanceof Promise ? await verdict : (verdict as number | undefined);
  };
  const fileAt = (path: string): FileNode => {
    const node = lookUp(root, path);
    if (node === undefined) throw systemError("ENOENT");
    if (node.kind === "directory") throw systemError("EISDIR");
    return node;
  };
  const directoryAt = (path: string): DirectoryNode => {
    const node = lookUp(root, path);
    if (node === undefined) throw systemError("ENOENT");
    if (node.kind === "file") throw systemError("ENOTDIR");
    return node;
  };
  const name = (
    path: string,
    node: NameChange["node"],
    requires?: NameChange["requires"],
  ): NonNullable<NameChange["requires"]> => {
    const { directory, name: last } = parentOf(root, path);
    const change: NameChange = { order: ++order, name: last, node, requires };
    directory.set(change);
    return { directory, change };
  };
  const assertFree = (path: string): void => {
    const { directory, name: last } = parentOf(root, path);
    if (directory.names.has(last)) throw systemError("EEXIST");
  };
  const makeDirectories = (path: string, onMedium: boolean): void => {
    for (const at of prefixesOf(path)) {
      if (lookUp(root, at) !== undefined) continue;
      const made = name(at, createDirectoryNode());
      if (onMedium) made.directory.settle(made.change);
    }
  };
  const freeBytes = (): number =>
    capacityBytes -
    [...new Set([...filesBelow(root)].map(([, file]) => file))].reduce((sum, file) => sum + file.size, 0);

  const system: SimulatedFileSystem = {
    files: {
      keys: () => [...filesBelow(root)].map(([path]) => path),
      has: (path) => lookUp(root, path)?.kind === "file",
      get: (path) => {
        const node = lookUp(root, path);
        return node?.kind === "file" ? node.read(node.size, 0) : undefined;
      },
      set: (path, bytes) => {
        const node = lookUp(root, path);
        if (node?.kind === "file") {
          node.replace(bytes);
          return;
        }
        makeDirectories(path.slice(0, path.lastIndexOf("/")), true);
        const made = name(path, createFileNode(sectorBytes, bytes.slice()));
        made.directory.settle(made.change);
      },
      setMode: (path, mode) => {
        fileAt(path).mode = mode;
      },
      delete: (path) => {
        if (lookUp(root, path)?.kind !== "file") return false;
        const removed = name(path, undefined);
        removed.directory.settle(removed.change);
        return true;
      },
    },
    get openFiles() {
      return openFiles;
    },
    fault: undefined,
    clone: () => simulate(copyTree(root, sectorBytes), options),
    crashStates: ({ limit = 100, seed = 1 } = {}) =>
      crashStates({ root, sectorBytes, limit, seed }).map((state) => simulate(state, options)),

    open: async (path, mode) => {
      await consult({ name: "open", path });
      if (mode === "create") {
        assertFree(path);
        name(path, createFileNode(sectorBytes));
      }
      const file = fileAt(path);
      openFiles++;
      return openFile(file, path);
    },
    list: async (path) => {
      await consult({ name: "list", path });
      return [...directoryAt(path).names.keys()];
    },
    realPath: async (path) => {
      await consult({ name: "realPath", path });
      return path;
    },
    exists: async (path) => {
      await consult({ name: "exists", path });
      return lookUp(root, path) !== undefined;
    },
    createDirectory: async (path) => {
      await consult({ name: "createDirectory", path });
      makeDirectories(path, false);
    },
    rename: async (from, to) => {
      await consult({ name: "rename", path: to });
      const file = fileAt(from);
      parentOf(root, to);
      // Two names of one file: rename(2) leaves both.
      if (lookUp(root, to) === file) return;
      name(from, undefined, name(to, file));
    },
    link: async (from, to) => {
      await consult({ name: "link", path: to });
      const file = fileAt(from);
      assertFree(to);
      name(to, file);
    },
    remove: async (path) => {
      await consult({ name: "remove", path });
      fileAt(path);
      name(path, undefined);
    },
    syncDirectory: async (path) => {
      await consult({ name: "syncDirectory", path });
      directoryAt(path).sync();
    },
  };
  return system;

  function openFile(file: FileNode, path: string): SimulatedFile {
    let closed = false;
    const assertOpen = (): void => {
      if (closed) throw systemError("EBADF");
    };
    const consultOpen = async (operation: FileSystemOperation): Promise<number | undefined> => {
      assertOpen();
      return await consult(operation);
    };
    return {
      read: async (length, position) => {
        await consultOpen({ name: "read", path, position });
        return file.read(length, position);
      },
      readSync: (length, position) => {
        assertOpen();
        const verdict = system.fault?.({ name: "readSync", path, position });
        if (verdict instanceof Promise) throw new TypeError("the fault of a readSync is to answer at once");
        return file.read(length, position);
      },
      write: async (bytes, position) => {
        const asked = (await consultOpen({ name: "write", path, position, bytes })) ?? bytes.length;
        const grows = Math.max(0, position + asked - file.size);
        const missing = Number.isFinite(capacityBytes) ? Math.max(0, grows - freeBytes()) : 0;
        const count = Math.max(0, asked - missing);
        if (count === 0 && missing > 0) throw systemError("ENOSPC");
        if (count > 0) file.write(bytes.subarray(0, count), position, ++order);
        return count;
      },
      truncate: async (length) => {
        await consultOpen({ name: "truncate", path });
        file.truncate(length, ++order);
      },
      size: async () => {
        await consultOpen({ name: "size", path });
        return file.size;
      },
      mode: async () => {
        await consultOpen({ name: "mode", path });
        return file.mode;
      },
      sync: async () => {
        try {
          await consultOpen({ name: "sync", path });
        } catch (error) {
          file.failSync();
          throw error;
        }
        file.sync();
      },
      close: async () => {
        // As the system does it: an error of close tells of lost writes, but the file is closed.
        assertOpen();
        closed = true;
        openFiles--;
        await consult({ name: "close", path });
      },
    };
  }
}

function prefixesOf(path: string): string[] {
  const names = path.split("/").filter((each) => each !== "");
  return names.map((_, at) => `/${names.slice(0, at + 1).join("/")}`);
}
