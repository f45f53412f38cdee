import { type KeelsonError, type StateChange, scanState, type VectorMetric } from "@keelson/core";
import { isConflict } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { type Generation, type Head, readHead, type StoredHead } from "./head.ts";

const KEYS_A_COMMIT = 1000;

/** What a new generation is to be. */
export interface GenerationPlan {
  readonly purpose: "migration" | "restore";
  readonly embedder: string;
  readonly dimension: number;
  readonly metric: VectorMetric;
}

/** Begins a generation beside the live one. What else was being built is dropped. */
export async function beginGeneration(
  context: IndexContext,
  plan: GenerationPlan,
  signal: AbortSignal | undefined,
): Promise<{ readonly building: Generation; readonly head: StoredHead }> {
  while (true) {
    const { head, revision } = await readHead(context, signal);
    const building = { ...plan, number: head.next, createdAtMs: context.clock.now() };
    const next: Head = { ...head, building, next: head.next + 1 };
    if (!(await moveHead(context, next, revision, drop(context, head.building), signal))) continue;
    await dropGenerations(context);
    return { building, head: await readHead(context, signal) };
  }
}

/** Gives up a generation that was being built, if it still is. */
export async function abandonGeneration(context: IndexContext, number: number): Promise<void> {
  while (true) {
    const { head, revision } = await readHead(context);
    if (head.building?.number !== number) break;
    const { building, ...next } = head;
    if (await moveHead(context, next, revision, drop(context, building), undefined)) break;
  }
  await dropGenerations(context);
}

/**
 * Makes the generation being built the live one. The one that was live is kept; the one kept before it is dropped.
 *
 * @throws {@link KeelsonError} STATE_CONFLICT when the head, or what is to be checked, has moved.
 */
export async function swapGeneration(
  context: IndexContext,
  { head, revision }: StoredHead,
  checks: readonly StateChange[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { building, previous, ...rest } = head;
  if (building === undefined) return;
  const { purpose: _, ...live } = building;
  const value: Head = { ...rest, live, previous: head.live };
  const pointer = { key: context.keys.head, value, expect: revision };
  await context.state.commit([pointer, ...checks, ...drop(context, previous)], { signal });
  await dropGenerations(context);
}

async function moveHead(
  context: IndexContext,
  head: Head,
  expect: number,
  also: readonly StateChange[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await context.state.commit([{ key: context.keys.head, value: head, expect }, ...also], { signal });
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

function drop(context: IndexContext, generation: Generation | undefined): StateChange[] {
  return generation === undefined ? [] : [{ key: context.keys.dropping(generation.number), value: null }];
}

/** Deletes the generations that are to be dropped: vectors first, then the ledger, then the note to do so. */
export async function dropGenerations(context: IndexContext): Promise<void> {
  const { keys, state, vectors } = context;
  for await (const { key } of scanState(state, { prefix: keys.droppings })) {
    const number = Number(key.slice(keys.droppings.length));
    await vectors.drop(keys.collection(number));
    while (true) {
      const page = await state.scan({ prefix: keys.generation(number), limit: KEYS_A_COMMIT });
      if (page.length === 0) break;
      await state.commit(page.map((entry) => ({ key: entry.key, delete: true })));
    }
    await state.commit([{ key, delete: true }]);
  }
}
