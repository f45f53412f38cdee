import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import {
  type Bundle,
  type ErrorCode,
  type EvalCase,
  type EvalRunner,
  type IndexControl,
  isKeelsonError,
  type Json,
  KeelsonError,
  type StateChange,
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

/** One request of each side in turn, as a share of a half gives: `v1` is the baseline, unless said otherwise. */
export function turns(
  count: number,
  how: {
    readonly candidate?: Partial<Observation>;
    readonly baseline?: Partial<Observation>;
    readonly names?: readonly [baseline: string, candidate: string];
  } = {},
  prefix = "r",
): Observation[] {
  const [baseline, candidate] = how.names ?? ["v1", "v2"];
  return Array.from({ length: count }, (_, i) => [
    { id: `${prefix}-b${i}`, release: baseline, score: 1, ...how.baseline },
    { id: `${prefix}-c${i}`, release: candidate, score: 1, ...how.candidate },
  ]).flat();
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

/** An index that is nothing but what a release manager sees of it. */
export interface FakeIndex extends IndexControl {
  /** Makes a generation or snapshot, or makes it anew. */
  add(reference: { generation: number } | { snapshot: string }, embedder?: string): Promise<void>;
  /** Lets one go, if nobody keeps it. */
  drop(reference: { generation: number } | { snapshot: string }): Promise<boolean>;
  /** The generation that queries are answered from. */
  live(): Promise<number | undefined>;
  /** What is kept, by its key. */
  pinned(): Promise<string[]>;
}

type FakeTarget = { embedder: string; dimension: number; pins: string[] };

/** A fake in the manager's state store: one record a generation or snapshot with its holders, one for what is live. */
export function fakeIndex(state: StateStore, name = "docs"): FakeIndex {
  const liveKey = `fake/${name}/live`;
  const keyOf = (reference: object): string =>
    "generation" in reference
      ? `fake/${name}/generation/${String(reference.generation)}`
      : `fake/${name}/snapshot/${String((reference as { snapshot: string }).snapshot)}`;
  const read = async (reference: object) => {
    const [entry] = await state.get([keyOf(reference)]);
    return entry && { revision: entry.revision, ...(entry.value as FakeTarget) };
  };
  const need = async (reference: object) => {
    const found = await read(reference);
    if (found !== undefined) return found;
    throw new KeelsonError("INDEX_TARGET_NOT_FOUND", "gone", { details: { index: name, ...reference } });
  };
  const put = (reference: object, target: FakeTarget & { revision: number }): StateChange => {
    const { revision, ...value } = target;
    return { key: keyOf(reference), value, expect: revision };
  };
  const live = async (): Promise<number | undefined> => {
    const [entry] = await state.get([liveKey]);
    return entry?.value as number | undefined;
  };
  return {
    name,
    live,
    async find(reference) {
      const found = await read(reference);
      if (found === undefined) return null;
      const { embedder, dimension } = found;
      return {
        embedder,
        dimension,
        live: "generation" in reference && (await live()) === reference.generation,
      };
    },
    async pin(reference, holder) {
      const found = await need(reference);
      if (found.pins.includes(holder)) return [{ key: keyOf(reference), expect: found.revision }];
      return [put(reference, { ...found, pins: [...found.pins, holder] })];
    },
    async unpin(reference, holder) {
      const found = await read(reference);
      if (!found?.pins.includes(holder)) return [];
      return [put(reference, { ...found, pins: found.pins.filter((other) => other !== holder) })];
    },
    async makeLive(generation) {
      const found = await need({ generation });
      const [entry] = await state.get([liveKey]);
      return [
        { key: keyOf({ generation }), expect: found.revision },
        { key: liveKey, value: generation, expect: entry?.revision ?? "absent" },
      ];
    },
    async add(reference, embedder = "hash@1") {
      await state.commit([{ key: keyOf(reference), value: { embedder, dimension: 8, pins: [] } }]);
    },
    async drop(reference) {
      const found = await need(reference);
      if (found.pins.length > 0) return false;
      await state.commit([{ key: keyOf(reference), delete: true, expect: found.revision }]);
      return true;
    },
    async pinned() {
      const entries = await state.scan({ prefix: `fake/${name}/`, limit: 1000 });
      return entries
        .filter(({ key, value }) => key !== liveKey && (value as FakeTarget).pins.length > 0)
        .map(({ key }) => key.slice(`fake/${name}/`.length));
    },
  };
}
