import type { Awaitable, ReclaimResult, Storage, VectorCollection } from "@keelson/core";
import type { FaultPlan, StorageCall, StorageOperation } from "./fault-plan.ts";
import { patch } from "./patch.ts";

/** A storage that goes wrong as planned, and counts what is asked of it. */
export interface FaultyStorage extends Storage {
  /** Every call so far. `close` and `watch` are not counted, and never go wrong. */
  readonly calls: readonly StorageCall[];
  /** How many calls were made that the plan counts. */
  readonly steps: number;
  /** Has the planned fault happened? */
  readonly fired: boolean;
  /** Resolves when the planned fault happens: a held call is waiting then. */
  readonly reached: Promise<StorageCall>;
  /** Lets held calls go on, now and from now on. */
  release(): void;
}

/** Decides over one call: `act` does its work, `half` a part of it where it may be done in parts. */
type Gate = (
  operation: StorageOperation,
  act: () => Awaitable<unknown>,
  half?: () => Awaitable<unknown>,
) => Promise<unknown>;

/**
 * Wraps a storage so that a chosen call fails, is held, or is the last that a process makes. What the wrapped storage
 * holds is what a crash would have left: read it, or build on it anew, to see what became of the work.
 *
 * @param plan Without it nothing goes wrong, and calls are only counted.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createFaultyStorage } from "@keelson/testkit";
 *
 * const storage = createMemoryStorage();
 * const faulty = createFaultyStorage(storage, { on: ["state.commit"], at: 2, effect: "kill" });
 * try {
 *   for (const key of ["a", "b", "c"]) await faulty.state.commit([{ key, value: 1 }]);
 * } catch (error) {
 *   console.log(String(error)); // Error: killed at step 2, state.commit
 * }
 * console.log((await storage.state.scan()).map(({ key }) => key)); // [ 'a' ]
 * ```
 */
export function createFaultyStorage(storage: Storage, plan?: FaultPlan): FaultyStorage {
  const { at = Number.POSITIVE_INFINITY, effect = "fail", on, times = 1 } = plan ?? {};
  const calls: StorageCall[] = [];
  const reached = createSignal<StorageCall>();
  const released = createSignal<void>();
  let steps = 0;
  let fired = false;
  let death: { readonly error: unknown } | undefined;

  const gate: Gate = async (operation, act, half) => {
    if (death) throw death.error;
    const counts = on === undefined || on.includes(operation);
    const step = counts ? ++steps : undefined;
    const call: StorageCall = { number: calls.length + 1, operation, step };
    calls.push(call);
    if (step === undefined || step < at || step >= at + (effect.startsWith("kill") ? 1 : times)) return act();

    fired = true;
    reached.resolve(call);
    if (effect === "hold") {
      await released.promise;
      return act();
    }
    if (effect === "hold-after") {
      const answer = await act();
      await released.promise;
      return answer;
    }
    const verb = effect.startsWith("kill") ? "killed" : "failed";
    const error = plan && "error" in plan ? plan.error : new Error(`${verb} at step ${step}, ${operation}`);
    // Dead at once, so that no other call slips through while this one takes its effect.
    if (effect.startsWith("kill")) death = { error };
    if (effect === "kill-within") await half?.();
    if (effect === "fail-after" || effect === "kill-after") await act();
    throw error;
  };

  const { vectors, state, blobs, secrets, reclaim } = storage;
  const stores = {
    vectors: patch(gated("vectors", vectors, gate), {
      open: async (name, options) =>
        gatedCollection(
          (await gate("vectors.open", () => vectors.open(name, options))) as VectorCollection,
          gate,
        ),
    }),
    state: gated("state", state, gate),
    blobs: gated("blobs", blobs, gate),
    secrets: gated("secrets", secrets, gate),
  };
  const wrapperOf = new Map<object, ReclaimResult["stores"][number]>([
    [vectors, stores.vectors],
    [state, stores.state],
    [blobs, stores.blobs],
    [secrets, stores.secrets],
  ]);
  const gatedReclaim: Storage["reclaim"] = async (options) => {
    const result = (await gate("storage.reclaim", () => reclaim?.call(storage, options))) as ReclaimResult;
    return { ...result, stores: result.stores.map((store) => wrapperOf.get(store) ?? store) };
  };
  return {
    ...patch(storage, stores),
    ...(reclaim !== undefined && { reclaim: gatedReclaim }),
    calls,
    get steps() {
      return steps;
    },
    get fired() {
      return fired;
    },
    reached: reached.promise,
    release: released.resolve,
  };
}

function gated<T extends object>(part: string, subject: T, gate: Gate): T {
  const replacements: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(patch(subject, {}))) {
    if (typeof member !== "function" || name === "watch") continue;
    const operation = `${part}.${name}` as StorageOperation;
    replacements[name] = (...args: unknown[]) => gate(operation, () => member(...args));
  }
  return patch(subject, replacements as Partial<T>);
}

function gatedCollection(collection: VectorCollection, gate: Gate): VectorCollection {
  const halfOf = <T>(list: readonly T[]): readonly T[] => list.slice(0, Math.ceil(list.length / 2));
  return patch(gated("vectors", collection, gate), {
    upsert: async (records, options) => {
      await gate(
        "vectors.upsert",
        () => collection.upsert(records, options),
        () => collection.upsert(halfOf(records), options),
      );
    },
    delete: async (ids, options) => {
      await gate(
        "vectors.delete",
        () => collection.delete(ids, options),
        () => collection.delete(halfOf(ids), options),
      );
    },
  });
}

function createSignal<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: (value) => resolve(value) };
}
