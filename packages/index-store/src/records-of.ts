import type { VectorStore } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import type { IndexKeys } from "./keys.ts";
import { createRecords, type Records } from "./records.ts";

/** Opens the collection of each generation once, when it is first asked for. */
export function createRecordsOf(vectors: VectorStore, keys: IndexKeys): IndexContext["recordsOf"] {
  const opened = new Map<number, Promise<Records>>();
  return async ({ number, dimension, metric }, signal) => {
    signal?.throwIfAborted();
    const known = opened.get(number);
    if (known !== undefined) return await known;
    // Without the signal: others wait for the same collection.
    const open = async (): Promise<Records> =>
      createRecords(await vectors.open(keys.collection(number), { dimension, metric }), vectors.capabilities);
    const opening = open();
    opened.set(number, opening);
    opening.catch(() => opened.delete(number));
    return await opening;
  };
}
