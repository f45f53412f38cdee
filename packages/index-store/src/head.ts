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

/** A generation that is not whole yet. */
export type Building = Generation & {
  readonly purpose: "rebuild" | "restore";
  /** The generation that a rebuild copies. */
  readonly of?: number;
  /** The pipeline that it is rebuilt for. */
  readonly pipeline?: string;
};

/** The pointer of an index. Every ledger commit expects the revision it was read at. */
export type Head = {
  readonly format: 1;
  readonly live: Generation;
  /** What was live before, kept for a roll-back until the next one takes its place. */
  readonly previous?: Generation;
  /** Others that are whole: not yet made live, or pinned. */
  readonly kept?: readonly Generation[];
  /** What is being built beside the live one. */
  readonly building?: Building;
  /** The number that the next generation gets. Numbers never come back. */
  readonly next: number;
  /** Names this ledger: numbers of erasures, and plans, of another one say nothing here. */
  readonly origin: string;
  /** How many erasures there have been: one moves the head, so that whatever is under way begins again and sees it. */
  readonly erasures?: number;
};

export interface StoredHead {
  readonly head: Head;
  readonly revision: Revision;
}

/** The generations that could be live: the one that is first. */
export function wholeGenerations({ live, previous, kept = [] }: Head): readonly Generation[] {
  return previous === undefined ? [live, ...kept] : [live, previous, ...kept];
}

/** All generations, the one being built last. */
export function allGenerations(head: Head): readonly Generation[] {
  const whole = wholeGenerations(head);
  return head.building === undefined ? whole : [...whole, head.building];
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
  const head: Head = { format: FORMAT, live, next: 2, origin: context.holder };
  try {
    await context.state.commit([{ key: context.keys.head, value: head, expect: "absent" }], { signal });
  } catch (error) {
    // Somebody else has just made it.
    if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
  }
  return await readHead(context, signal);
}

/** The index with the embedder that made a generation, where this handle knows it. */
export function forGeneration(
  context: IndexContext,
  generation: { readonly embedder: string },
): IndexContext {
  if (generation.embedder === context.embedder.id) return context;
  const embedder = context.known.get(generation.embedder);
  if (embedder !== undefined) return { ...context, embedder };
  assertSameEmbedder(context, generation);
  return context;
}

/** Refuses a generation that another embedder made than this handle's. */
export function assertSameEmbedder(context: IndexContext, generation: { readonly embedder: string }): void {
  assertMadeBy(context, generation, context.embedder.id);
}

/** Refuses a generation that another embedder made than this one. */
export function assertMadeBy(
  { name }: IndexContext,
  { embedder: expected }: { readonly embedder: string },
  actual: string,
): void {
  if (expected === actual) return;
  throw new KeelsonError(
    "EMBEDDER_MISMATCH",
    `the index ${name} was embedded by ${expected}, not by ${actual}`,
    { details: { index: name, expected, actual } },
  );
}
