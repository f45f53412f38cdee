import {
  isKeelsonError,
  KeelsonError,
  type Revision,
  type StateEntry,
  type VectorMetric,
} from "@keelson/core";
import type { IndexContext } from "./context.ts";

/** One generation: a collection of vectors of one space, and a ledger. */
export type Generation = {
  readonly number: number;
  /** The id of the embedder that made its vectors. */
  readonly embedder: string;
  readonly dimension: number;
  readonly metric: VectorMetric;
  readonly createdAtMs: number;
};

/** The pointer of an index. Every ledger commit expects the revision it was read at. */
export type Head = {
  readonly format: 1;
  readonly live: Generation;
  /** What was live before, kept for a roll-back until the next one takes its place. */
  readonly previous?: Generation;
  /** What is being built beside the live one. */
  readonly building?: Generation & { readonly purpose: "migration" | "restore" };
  /** The number that the next generation gets. Numbers never come back. */
  readonly next: number;
};

export interface StoredHead {
  readonly head: Head;
  readonly revision: Revision;
}

const FORMAT = 1;

/** Reads what was found at the head's key. */
export function toHead(context: IndexContext, found: StateEntry | undefined): StoredHead {
  const { keys, name } = context;
  if (found === undefined) {
    const details = { file: keys.head, start: 0, end: 0, reason: "missing" };
    throw new KeelsonError("STORE_CORRUPT", `the head of the index ${name} is missing`, { details });
  }
  const head = found.value as unknown as Head;
  if (head.format !== FORMAT) {
    const details = { file: keys.head, format: head.format, supported: [FORMAT] };
    throw new KeelsonError("STORE_FORMAT_UNSUPPORTED", `the index ${name} has format ${head.format}`, {
      details,
    });
  }
  return { head, revision: found.revision };
}

export async function readHead(context: IndexContext, signal?: AbortSignal): Promise<StoredHead> {
  const [found] = await context.state.get([context.keys.head], { signal });
  return toHead(context, found);
}

/** Reads the head, making an empty first generation where there is none. */
export async function openHead(
  context: IndexContext,
  metric: VectorMetric | undefined,
  signal: AbortSignal | undefined,
): Promise<StoredHead> {
  const [found] = await context.state.get([context.keys.head], { signal });
  if (found !== undefined) return toHead(context, found);
  const live: Generation = {
    number: 1,
    embedder: context.embedder.id,
    dimension: context.embedder.dimension,
    metric: metric ?? "cosine",
    createdAtMs: context.clock.now(),
  };
  const head: Head = { format: FORMAT, live, next: 2 };
  try {
    await context.state.commit([{ key: context.keys.head, value: head, expect: "absent" }], { signal });
  } catch (error) {
    // Somebody else has just made it.
    if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
  }
  return await readHead(context, signal);
}

/** Refuses a generation that another embedder made. */
export function assertSameEmbedder(context: IndexContext, generation: { readonly embedder: string }): void {
  const { name, embedder } = context;
  if (generation.embedder === embedder.id) return;
  throw new KeelsonError(
    "EMBEDDER_MISMATCH",
    `the index ${name} was embedded by ${generation.embedder}, not by ${embedder.id}`,
    { details: { index: name, expected: generation.embedder, actual: embedder.id } },
  );
}
