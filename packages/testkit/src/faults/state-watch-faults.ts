import type { StateStore } from "@keelson/core";
import { patch } from "../tools/patch.ts";
import { createFault, type Fault } from "./fault.ts";

type Watch = NonNullable<StateStore["watch"]>;

const fault = (
  id: string,
  title: string,
  replace: (watch: Watch, state: StateStore) => Partial<StateStore>,
): Fault<StateStore> =>
  createFault<StateStore>(`state-store/${id}`, title, {
    wrap: (state) => (state.watch ? patch(state, replace(state.watch.bind(state), state)) : state),
  });

/** State stores whose watch is wrong. */
export const stateWatchFaults: readonly Fault<StateStore>[] = [
  fault("watch-ignores-the-prefix", "reports keys that are not below the prefix", (watch) => ({
    watch: (_prefix, listener) => watch("", listener),
  })),
  fault("watch-misses-deletions", "does not report keys that were deleted", (watch, state) => ({
    watch: (prefix, listener) =>
      watch(prefix, async (keys) => {
        const entries = await state.get(keys);
        listener(keys.filter((_, i) => entries[i] !== undefined));
      }),
  })),
  fault("watch-reports-too-early", "reports keys before they can be read", (_watch, state) => {
    const listeners = new Set<(keys: readonly string[]) => void>();
    return {
      commit: async (changes, options) => {
        for (const listener of listeners) listener(changes.map(({ key }) => key));
        for (let turn = 0; turn < 5; turn++) await undefined;
        return state.commit(changes, options);
      },
      watch: (_prefix, listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
  }),
  fault("watch-does-not-end", "goes on calling a listener whose watch was ended", (watch) => ({
    watch: (prefix, listener) => {
      watch(prefix, listener);
      return () => {};
    },
  })),
  fault("watch-empty-prefix-is-none", "reports nothing for an empty prefix", (watch) => ({
    watch: (prefix, listener) => (prefix === "" ? watch("\uffff\uffff", listener) : watch(prefix, listener)),
  })),
  fault(
    "watch-only-known-keys",
    "watches only keys that were there when the watch began",
    (watch, state) => ({
      watch: (prefix, listener) => {
        const known = Promise.resolve(state.scan({ prefix })).then(
          (page) => new Set(page.map(({ key }) => key)),
        );
        return watch(prefix, async (keys) => {
          const names = await known;
          const seen = keys.filter((key) => names.has(key) || key.endsWith("end"));
          if (seen.length > 0) listener(seen);
        });
      },
    }),
  ),
  fault("watch-one-listener", "calls only the newest of several watches", (watch) => {
    let endNewest = (): void => {};
    return {
      watch: (prefix, listener) => {
        endNewest();
        endNewest = watch(prefix, listener);
        return endNewest;
      },
    };
  }),
  fault("watch-ends-all", "ends every watch of a listener with the first", (watch) => {
    const ends = new Map<unknown, (() => void)[]>();
    return {
      watch: (prefix, listener) => {
        ends.set(listener, [...(ends.get(listener) ?? []), watch(prefix, listener)]);
        return () => {
          for (const end of ends.get(listener) ?? []) end();
        };
      },
    };
  }),
  fault("watch-drops-some", "reports one of several commits that come at once", (watch) => ({
    watch: (prefix, listener) => {
      let busy = false;
      return watch(prefix, (keys) => {
        if (busy && !keys.some((key) => key.endsWith("end"))) return;
        busy = true;
        setImmediate(() => {
          busy = false;
        });
        listener(keys);
      });
    },
  })),
];
