import { accessSync, constants, fdatasync, readSync, writeSync } from "node:fs";
import { link, mkdir, open, readdir, realpath, rename, unlink } from "node:fs/promises";
import { promisify } from "node:util";
import type { FileSystem, OpenFile, OpenMode } from "./file-system.ts";
import { hasCode } from "./system-error.ts";

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: constants.O_RDONLY,
  write: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
};

// What is no larger is handed to the system's memory right here, in microseconds: the trip through Node's thread pool
// would take several times as long.
const SMALL_BYTES = 16 * 1024;

// The handle's own would cost every write some microseconds more.
const datasync = promisify(fdatasync);

/** The machine's own filesystem. */
export const nodeFileSystem: FileSystem = Object.freeze({
  open: async (path, mode) => {
    const handle = await open(path, FLAGS[mode], 0o600);
    return {
      read: async (length, position, scratch) => {
        const bytes = scratch ?? allocate(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await handle.read(bytes, done, length - done, position + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return bytes.subarray(0, done);
      },
      readSync: (length, position) => {
        const bytes = allocate(length);
        let done = 0;
        while (done < length) {
          const bytesRead = readSync(handle.fd, bytes, done, length - done, position + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return bytes.subarray(0, done);
      },
      write: async (bytes, position) =>
        bytes.length <= SMALL_BYTES
          ? writeSync(handle.fd, bytes, 0, bytes.length, position)
          : (await handle.write(bytes, 0, bytes.length, position)).bytesWritten,
      truncate: (length) => handle.truncate(length),
      size: async () => (await handle.stat()).size,
      mode: async () => (process.platform === "win32" ? 0o600 : (await handle.stat()).mode & 0o777),
      sync: () => datasync(handle.fd),
      close: () => handle.close(),
    } satisfies OpenFile;
  },
  list: (directory) => readdir(directory),
  // Right here too: it is how the lock is asked for after every write.
  exists: async (path) => {
    try {
      accessSync(path);
      return true;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return false;
      throw error;
    }
  },
  realPath: async (path) => {
    try {
      return await realpath(path);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return path;
      throw error;
    }
  },
  createDirectory: async (path) => {
    await mkdir(path, { recursive: true, mode: 0o700 });
  },
  rename: (from, to) => rename(from, to),
  link: (from, to) => link(from, to),
  remove: (path) => unlink(path),
  syncDirectory: async (path) => {
    // Windows opens no directories; its filesystem keeps their order by itself.
    if (constants.O_DIRECTORY === undefined) return;
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
} satisfies FileSystem);

// Not zeroed: only what was read is given out.
function allocate(length: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
}
