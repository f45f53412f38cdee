import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import {
  type Bundle,
  type ErrorCode,
  type EvalCase,
  type EvalRunner,
  isKeelsonError,
  type Json,
  type StateStore,
} from "@keelson/core";
import { createReleaseManager, type Observation, type ReleaseManager } from "../src/index.ts";

/** A bundle unlike every other of another prompt. */
export function bundleOf(prompt: string): Bundle {
  return { prompt, model: { name: "small", temperature: 0 } };
}

/** Scores a case by looking it up under the bundle's prompt; what is not there is 1. */
export function scoreTable(
  scores: Readonly<Record<string, Readonly<Record<string, number | null>>>>,
): EvalRunner {
  return {
    specVersion: 1,
    id: "table@1",
    run: ({ prompt }, { id }) => {
      const score = scores[String(prompt)]?.[id];
      return { score: score === undefined ? 1 : score };
    },
  };
}

/** So many cases, `q0` and on. */
export function casesOf(count: number): EvalCase[] {
  return Array.from({ length: count }, (_, i) => ({ id: `q${i}`, input: `question ${i}` }));
}

export interface Bench {
  readonly manager: ReleaseManager;
  readonly state: StateStore;
  readonly clock: ManualClock;
  /** Another manager on the same record, as in another process. */
  another(): ReleaseManager;
}

/** A manager with the releases v1, v2 and v3, of which the first `promoted` have been promoted in turn. */
export async function bench(options: { promoted?: number; evals?: EvalRunner } = {}): Promise<Bench> {
  const clock = createManualClock();
  const { state } = createMemoryStorage();
  const make = (): ReleaseManager => createReleaseManager({ state, clock, evals: options.evals });
  const manager = make();
  for (const name of ["v1", "v2", "v3"]) await manager.register(name, bundleOf(name));
  for (const name of ["v1", "v2", "v3"].slice(0, options.promoted ?? 0)) await manager.promote(name);
  return { manager, state, clock, another: make };
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    if (!isKeelsonError(error)) throw error;
    return error.code;
  }
}

/** Requests that went well or badly, with ids `prefix0` and on. */
export function requests(
  release: string,
  count: number,
  how: Partial<Observation> = {},
  prefix: string = release,
): Observation[] {
  return Array.from({ length: count }, (_, i) => ({ id: `${prefix}-${i}`, release, ...how }));
}

/** All that a store holds. */
export async function dump(state: StateStore): Promise<Record<string, Json>> {
  const entries = await state.scan({ limit: 100_000 });
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

/** A store in which something else happens just before the first call of a method. Nobody can watch it. */
export function interrupted(
  state: StateStore,
  method: "get" | "scan" | "commit",
  happens: () => Promise<unknown>,
): StateStore {
  let pending = true;
  const before = async (called: typeof method): Promise<void> => {
    if (called !== method || !pending) return;
    pending = false;
    await happens();
  };
  return {
    get: async (keys, options) => before("get").then(() => state.get(keys, options)),
    scan: async (options) => before("scan").then(() => state.scan(options)),
    commit: async (changes, options) => before("commit").then(() => state.commit(changes, options)),
  };
}
