import { randomUUID } from "node:crypto";
import type { FsStorage, FsStorageOptions } from "@keelson/adapters-fs";
import { createSimulatedFileSystem, type SimulatedFileSystem } from "@keelson/testkit/file-system";
import { roomStart } from "../src/log/room.ts";
import { openStore } from "../src/open-store.ts";
import type { Processes, ProcessIdentity } from "../src/processes.ts";

/** Where stores in memory lie. */
export const STORE = "/store";

/** A machine that a test starts, crashes and starts again without leaving its process. */
export interface TestMachine {
  readonly fileSystem: SimulatedFileSystem;
  /** Opens the store as a new process. */
  open(options?: Omit<FsStorageOptions, "fileSystem">): Promise<FsStorage>;
  /** Ends every process, as kill -9 does: what they have open stays as it is. */
  kill(): void;
}

export function createTestMachine(
  fileSystem: SimulatedFileSystem = createSimulatedFileSystem(),
): TestMachine {
  const alive = new Set<number>();
  const bootId = randomUUID();
  let started = 0;
  return {
    fileSystem,
    open: (options = {}) => {
      const pid = ++started;
      alive.add(pid);
      const identity: ProcessIdentity = { pid, startTime: undefined, bootId };
      const processes: Processes = {
        self: async () => identity,
        isAlive: async (owner) => owner.bootId === bootId && alive.has(owner.pid),
      };
      return openStore(STORE, options, { fileSystem, processes });
    },
    kill: () => alive.clear(),
  };
}

/** A segment up to its last byte that is no zero. */
export function withoutRoom(segment: Uint8Array): Uint8Array {
  return segment.slice(0, roomStart(segment, 0));
}
