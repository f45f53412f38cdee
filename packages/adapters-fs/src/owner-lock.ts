import { join } from "node:path";
import { KeelsonError } from "@keelson/core";
import { readWhole, removeIfThere, writeAll } from "./durable-files.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";
import type { Layout } from "./layout.ts";
import type { Processes, ProcessIdentity } from "./processes.ts";
import { corrupt } from "./store-error.ts";
import { hasCode } from "./system-error.ts";

/** The right to write in a directory, which one process has at a time. */
export interface OwnerLock {
  /**
   * Did the owner before this one end without settling? It may yet wake up and write, and names it made may not be
   * synced.
   */
  readonly takenOver: boolean;
  /** Rejects once the lock is another's: a process that slept while it was taken for dead finds out here. */
  assertHeld(): Promise<void>;
  /**
   * Lets the next owner in, even where the disk is full. To be called once.
   *
   * @param settled Is all well? Else the next owner takes over, as after a crash.
   */
  release(settled: boolean): Promise<void>;
}

/** What {@link acquireOwnerLock} takes. */
export interface OwnerLockOptions {
  readonly fileSystem: FileSystem;
  readonly processes: Processes;
  readonly layout: Layout;
}

/** Nobody, after an owner that settled or one that did not; or a process. */
type Holder = "released" | "abandoned" | ProcessIdentity;

const NAME = /^lock-(\d+)$/;

// A lock begins with this, then one digit. To let go writes the digit over: no reader meets half of that, and it takes
// no room, of which there may be none. No flipped bit turns one digit into another.
const HEAD = '{"released":';
const HELD = 0;
const RELEASED = 3;
const ABANDONED = 5;

/**
 * Locks a directory. Each owner's lock is a file `lock-<n>`, made in one step by a hard link and numbered one higher
 * than the last, whose file stays (as "released") until the next is there. So of two that take over from a dead owner
 * at once one meets the other's file, and a slow one cannot take a number that has passed.
 *
 * @throws KeelsonError STORE_LOCKED when the owner is alive, be it this very process.
 * @throws KeelsonError STORE_CORRUPT when the lock cannot be read.
 */
export async function acquireOwnerLock(options: OwnerLockOptions): Promise<OwnerLock> {
  const { fileSystem, processes, layout } = options;
  const pathOf = (number: number): string => join(layout.root, `lock-${number}`);
  const self = await processes.self();

  while (true) {
    const last = Math.max(0, ...(await listLocks(fileSystem, layout.root)));
    const holder = last === 0 ? "released" : await readHolder(fileSystem, pathOf(last));
    if (holder === undefined) continue;
    if (typeof holder !== "string" && (await processes.isAlive(holder)))
      throw locked(layout.root, holder.pid);

    const own = last + 1;
    const path = pathOf(own);
    const file = await create(fileSystem, layout, path, self);
    if (file === undefined) continue;
    try {
      const all = await listLocks(fileSystem, layout.root);
      if (all.some((number) => number > own)) {
        await file.close();
        await removeIfThere(fileSystem, path);
        continue;
      }
      // Before anything is read: from here on an owner that was taken for dead notices.
      for (const number of all) if (number < own) await removeIfThere(fileSystem, pathOf(number));
    } catch (error) {
      await letGo(file, false).catch(() => {});
      throw error;
    }
    return {
      takenOver: holder !== "released",
      assertHeld: async () => {
        if (await fileSystem.exists(path)) return;
        throw new Error("the lock is gone: another process has taken the directory over");
      },
      release: (settled) => letGo(file, settled),
    };
  }
}

async function listLocks(fileSystem: FileSystem, directory: string): Promise<number[]> {
  const names = await fileSystem.list(directory);
  return names.flatMap((name) => Number(NAME.exec(name)?.[1] ?? []));
}

/** @returns `undefined` where somebody else made it first. */
async function create(
  fileSystem: FileSystem,
  layout: Layout,
  path: string,
  self: ProcessIdentity,
): Promise<OpenFile | undefined> {
  const temporary = layout.newTemporary();
  const file = await fileSystem.open(temporary, "create");
  try {
    await writeAll(file, Buffer.from(`${HEAD}${HELD},${JSON.stringify(self).slice(1)}\n`), 0);
    await file.sync();
    await fileSystem.link(temporary, path);
    // The temporary name goes with all others when the store is opened.
    return file;
  } catch (error) {
    await file.close();
    await removeIfThere(fileSystem, temporary);
    // ENOENT: whoever has the lock by now swept the temporary files.
    if (hasCode(error, "EEXIST") || hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

async function letGo(file: OpenFile, settled: boolean): Promise<void> {
  try {
    await writeAll(file, Buffer.from(String(settled ? RELEASED : ABANDONED)), HEAD.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @returns `undefined` where the file has gone meanwhile. */
async function readHolder(fileSystem: FileSystem, path: string): Promise<Holder | undefined> {
  const bytes = await readWhole(fileSystem, path);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    const { released, pid, startTime, bootId } = value as Record<string, unknown>;
    if (released === RELEASED) return "released";
    if (released === ABANDONED) return "abandoned";
    if (released === HELD && Number.isSafeInteger(pid) && (pid as number) > 0)
      return { pid: pid as number, startTime: optional(startTime), bootId: optional(bootId) };
  } catch {
    // Told below: what it holds is no help to anyone.
  }
  throw corrupt(
    path,
    0,
    bytes.length,
    "the lock cannot be read; remove it once no process uses the directory",
  );
}

function optional(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function locked(directory: string, pid: number): KeelsonError<"STORE_LOCKED"> {
  return new KeelsonError("STORE_LOCKED", `process ${pid} has ${directory} open`, {
    details: { directory, pid },
  });
}
