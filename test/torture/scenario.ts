import type { FsStorage, FsStorageOptions } from "@keelson/adapters-fs";
import { systemClock } from "@keelson/core";
import { createHashEmbedder } from "@keelson/embedders";
import { createIndex, type Index } from "@keelson/index-store";

/** Work that is killed again and again, and what has to be there afterwards. */
export interface Scenario {
  readonly options?: FsStorageOptions;
  /**
   * Works until it is killed.
   *
   * @param round From 0: how often it was killed before.
   * @param tell Says what was begun or acknowledged: what was told before the kill reaches {@link check}.
   */
  run(storage: FsStorage, round: number, tell: (fact: string) => void): Promise<void>;
  /** Throws where something is missing, or there by half. `told` is of all rounds, oldest first; it may add to it. */
  check(storage: FsStorage, round: number, told: string[]): Promise<void>;
}

/** Opens the index of a scenario. Each process lives an hour after the one before it: its leases have run out. */
export async function openIndex(storage: FsStorage, process: number): Promise<Index> {
  return await createIndex({
    ...storage,
    name: "docs",
    embedder: createHashEmbedder({ dimension: 32 }),
    redactor: { specVersion: 1, id: "nothing@1", redact: (text) => ({ text, findings: [] }) },
    clock: { ...systemClock, now: () => systemClock.now() + process * 3_600_000 },
  });
}

/** The newest number that was told in lines of that kind, such as `done 7`; -1 where there is none. */
export function newest(told: readonly string[], kind: string): number {
  const last = told.findLast((line) => line.startsWith(`${kind} `));
  return last === undefined ? -1 : Number(last.slice(kind.length + 1));
}

/** Throws unless it holds. */
export function assert(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}
