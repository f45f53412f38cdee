import { isKeelsonError, type Json, type StateEntry, type StateStore } from "@keelson/core";
import { abortable } from "./abortable.ts";
import { type Endings, union } from "./endings.ts";

const PREFIX = "secrets/endings/";

/** Where endings are kept: one entry a name in the state store, which only grows. */
export interface EndingsLedger {
  /** The entry of a name. */
  get(name: string, signal: AbortSignal | undefined): Promise<StateEntry | undefined>;
  /** What an entry says of one life of its secret. */
  read(entry: StateEntry | undefined, life: string): Endings | undefined;
  /** Adds endings, durably before it returns. Gives what is known then. */
  add(name: string, life: string, endings: Endings, signal: AbortSignal | undefined): Promise<Endings>;
}

/** All lives of one name, of which the last is the present one: an older copy of the record may bring back any. */
interface StoredEndings {
  readonly format: 1;
  readonly lives: Readonly<Record<string, Endings>>;
}

export function createEndingsLedger(state: StateStore, mostConflicts: number): EndingsLedger {
  const get: EndingsLedger["get"] = async (name, signal) =>
    (await abortable(signal, () => state.get([PREFIX + name], { signal })))[0];
  const livesOf = (entry: StateEntry | undefined): StoredEndings["lives"] =>
    (entry?.value as StoredEndings | undefined)?.lives ?? {};

  return {
    get,
    read: (entry, life) => livesOf(entry)[life],
    add: async (name, life, endings, signal) => {
      const key = PREFIX + name;
      for (let conflicts = 1; ; conflicts++) {
        const entry = await get(name, signal);
        const lives = livesOf(entry);
        const known = lives[life];
        const all = union(known, endings);
        if (JSON.stringify(all) === JSON.stringify(known)) return all;
        const value = {
          format: 1,
          lives: { ...lives, [life]: all },
        } satisfies StoredEndings as unknown as Json;
        try {
          const expect = entry?.revision ?? "absent";
          await abortable(signal, () => state.commit([{ key, value, expect }], { signal }));
          return all;
        } catch (error) {
          if (!isKeelsonError(error, "STATE_CONFLICT") || conflicts === mostConflicts) throw error;
        }
      }
    },
  };
}
