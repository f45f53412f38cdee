import type { VectorMetric } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { allGenerations, readHead } from "./head.ts";
import { holdersOf } from "./pins.ts";

/** One generation of an index. */
export interface GenerationInfo {
  /** Its number, from 1. Numbers never come back. */
  readonly number: number;
  /**
   * - `live`: queries are answered from it;
   * - `previous`: it was live before, and is kept for a roll-back;
   * - `kept`: whole too: built without being made live, or pinned;
   * - `building`: not whole yet.
   */
  readonly state: "live" | "previous" | "kept" | "building";
  /** The id of the embedder that made its vectors. */
  readonly embedder: string;
  /** Length of its vectors. */
  readonly dimension: number;
  /** How closeness is measured. */
  readonly metric: VectorMetric;
  /** When it was begun, in epoch milliseconds. */
  readonly createdAtMs: number;
  /** Who keeps it from being dropped. */
  readonly pinnedBy: readonly string[];
}

/** All generations of an index, oldest first. */
export async function listGenerations(
  context: IndexContext,
  signal: AbortSignal | undefined,
): Promise<GenerationInfo[]> {
  signal?.throwIfAborted();
  const { head } = await readHead(context, signal);
  const found: GenerationInfo[] = [];
  for (const generation of allGenerations(head)) {
    const { number, embedder, dimension, metric, createdAtMs } = generation;
    const pinnedBy = await holdersOf(context, { generation: number }, signal);
    const state =
      generation === head.live
        ? "live"
        : generation === head.previous
          ? "previous"
          : generation === head.building
            ? "building"
            : "kept";
    found.push({ number, state, embedder, dimension, metric, createdAtMs, pinnedBy });
  }
  return found.sort((a, b) => a.number - b.number);
}
