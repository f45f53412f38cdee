import type { StateEntry, StateScanOptions, StateStore } from "./state-store.ts";

/**
 * Reads all entries below a prefix, page by page, by ascending key. Each page is one consistent state; a commit
 * between two pages may show in the later one. Memory holds one page, `limit` entries.
 *
 * @example
 * ```ts
 * import { scanState } from "@keelson/core";
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 *
 * const { state } = createMemoryStorage();
 * await state.commit([{ key: "a/1", value: "one" }, { key: "a/2", value: "two" }, { key: "b/1", value: "no" }]);
 * for await (const { key, value } of scanState(state, { prefix: "a/" })) console.log(key, value);
 * // a/1 one
 * // a/2 two
 * ```
 */
export async function* scanState(
  state: StateStore,
  options: StateScanOptions = {},
): AsyncGenerator<StateEntry> {
  const limit = options.limit ?? 1000;
  let after = options.after;
  while (true) {
    const page = await state.scan({ ...options, after, limit });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    after = last.key;
  }
}
