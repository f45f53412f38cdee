import { dirname } from "node:path";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { hasCode } from "./system-error.ts";

/** A file's bytes, `undefined` where there is none. */
export async function readWhole(fileSystem: FileSystem, path: string): Promise<Uint8Array | undefined> {
  let file: OpenFile;
  try {
    file = await fileSystem.open(path, "read");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    return await file.read(await file.size(), 0);
  } finally {
    await file.close();
  }
}

/** Fills memory with what stands from `position` on. What lies behind the file's end is left as it was. */
export async function readInto(file: OpenFile, memory: Uint8Array, position: number): Promise<void> {
  const bytes = await file.read(memory.length, position, memory);
  if (bytes.buffer !== memory.buffer) memory.set(bytes);
}

/**
 * Writes bytes, however many calls it takes.
 *
 * @param least How many of them will do, if it is no more. Default: all.
 * @returns How many it wrote.
 */
export async function writeAll(
  file: OpenFile,
  bytes: Uint8Array,
  position: number,
  least: number = bytes.length,
): Promise<number> {
  let done = 0;
  while (done < least) {
    const written = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done);
    if (written <= 0) throw new Error(`wrote ${done} of ${bytes.length} bytes and then no more`);
    done += written;
  }
  return done;
}

/** Makes a new file and syncs it, though not yet its name. */
export async function createWhole(fileSystem: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await fileSystem.open(path, "create");
  try {
    await writeAll(file, bytes, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a directory and those above it where they are missing, and syncs their names. */
export async function makeDirectory(fileSystem: FileSystem, path: string): Promise<void> {
  const parents: string[] = [];
  for (let missing = path; !(await fileSystem.exists(missing)); missing = dirname(missing))
    parents.push(dirname(missing));
  await fileSystem.createDirectory(path);
  for (const parent of parents) await fileSystem.syncDirectory(parent);
}

/** Closes all of them, even if one fails, and then rejects with the first failure. */
export async function closeAll(files: readonly Pick<OpenFile, "close">[]): Promise<void> {
  const results = await Promise.allSettled(files.map((file) => file.close()));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/** Takes steps one after the other, all of them even if one fails, and then rejects with the first failure. */
export async function takeSteps(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** Does some work; where it fails, releases what it was given. Of two errors the work's is the one that says more. */
export async function orRelease<T>(work: () => Promise<T>, release: () => Promise<void>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await release().catch(() => {});
    throw error;
  }
}

/** Removes a name; there need not be one. */
export async function removeIfThere(fileSystem: FileSystem, path: string): Promise<void> {
  try {
    await fileSystem.remove(path);
  } catch (error) {
    if (!hasCode(error, "ENOENT")) throw error;
  }
}
