import type { Storage, VectorCollection } from "@keelson/core";

/**
 * How the storage breaks at the call of a number:
 *
 * - `fail`: that call fails without effect, the next ones work;
 * - `lost`: that call takes effect, but its answer is lost;
 * - `crash`: that call and all after it fail without effect, as if the process had died before it;
 * - `crash-after`: the call takes effect, then all fail;
 * - `torn`: half of a batch takes effect, then all fail.
 */
export type FaultMode = "fail" | "lost" | "crash" | "crash-after" | "torn";

export const faultModes: readonly FaultMode[] = ["fail", "lost", "crash", "crash-after", "torn"];

export class InjectedFault extends Error {}

export interface FaultyStorage extends Storage {
  /** How many calls there were since the fault was armed. */
  calls(): number;
  /** Breaks at this call, counted from 1; 0 never breaks. */
  arm(call: number, mode: FaultMode): void;
}

type Call = (...args: never[]) => unknown;

export function createFaultyStorage(storage: Storage): FaultyStorage {
  let at = 0;
  let mode: FaultMode = "fail";
  let calls = 0;

  const guard = <F extends Call>(call: F): F =>
    (async (...args: Parameters<F>) => {
      calls++;
      const dead = mode !== "fail" && mode !== "lost";
      if (at === 0 || calls < at || (calls > at && !dead)) return await call(...args);
      if (calls > at || mode === "fail" || mode === "crash") throw new InjectedFault(`call ${calls}`);
      const [first, ...rest] = args as unknown[];
      const torn = mode === "torn" && Array.isArray(first) && call.name !== "commit";
      if (mode === "torn" && !torn) throw new InjectedFault(`call ${calls}`);
      await call(...([torn ? first.slice(0, Math.ceil(first.length / 2)) : first, ...rest] as Parameters<F>));
      throw new InjectedFault(`call ${calls}`);
    }) as unknown as F;

  const guardAll = <T extends object>(part: T): T =>
    Object.fromEntries(
      Object.entries(part).map(([name, value]) => [
        name,
        typeof value === "function" ? guard(value as Call) : value,
      ]),
    ) as T;

  const { vectors, state, blobs, secrets, close } = storage;
  const open = guard(vectors.open);
  return {
    state: guardAll(state),
    blobs: guardAll(blobs),
    secrets,
    close,
    vectors: {
      ...guardAll(vectors),
      open: async (name, options): Promise<VectorCollection> => guardAll(await open(name, options)),
    },
    calls: () => calls,
    arm: (call, how) => {
      at = call;
      mode = how;
      calls = 0;
    },
  };
}
