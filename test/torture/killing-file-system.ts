import type { FileSystem, OpenFile } from "@keelson/adapters-fs";
import { nodeFileSystem } from "../../packages/adapters-fs/src/node-file-system.ts";

/** The machine's filesystem, which kills this process when its n-th operation is under way. */
export function killingFileSystem(killAt: number): FileSystem {
  let count = 0;
  const counted = <T>(started: T): T => {
    if (++count === killAt) process.kill(process.pid, "SIGKILL");
    return started;
  };
  const file = (open: OpenFile): OpenFile => ({
    read: (...args) => counted(open.read(...args)),
    readSync: (...args) => counted(open.readSync(...args)),
    write: (...args) => counted(open.write(...args)),
    truncate: (length) => counted(open.truncate(length)),
    size: () => open.size(),
    mode: () => open.mode(),
    sync: () => counted(open.sync()),
    close: () => counted(open.close()),
  });
  return {
    open: async (path, mode) => file(await counted(nodeFileSystem.open(path, mode))),
    list: (path) => counted(nodeFileSystem.list(path)),
    exists: (path) => nodeFileSystem.exists(path),
    realPath: (path) => nodeFileSystem.realPath(path),
    createDirectory: (path) => counted(nodeFileSystem.createDirectory(path)),
    rename: (from, to) => counted(nodeFileSystem.rename(from, to)),
    link: (from, to) => counted(nodeFileSystem.link(from, to)),
    remove: (path) => counted(nodeFileSystem.remove(path)),
    syncDirectory: (path) => counted(nodeFileSystem.syncDirectory(path)),
  };
}
