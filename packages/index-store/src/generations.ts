import { type Revision, type StateChange, scanState, type VectorMetric } from "@keelson/core";
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
    const moved = await moveHead(context, next, revision, drop(context, head.building), signal);
    if (moved === undefined) continue;
    await dropGenerations(context);
    // As it was committed, not as it may be by now: the commits to come must fail once somebody else has moved it.
    return { building, head: { head: next, revision: moved } };
  }
}

/**
 * Gives up a generation that was being built, unless it has become the live one after all.
 *
 * @returns Whether the head had another in its place by then.
 */
export async function abandonGeneration(context: IndexContext, generation: Generation): Promise<boolean> {
  const isIt = (each: Generation | undefined): boolean => each?.number === generation.number;
  while (true) {
    const { head, revision } = await readHead(context);
    const { building, ...rest } = head;
    const kept = isIt(head.live) || isIt(head.previous);
    const superseded = !kept && !isIt(building);
    // Dropped by somebody else before, its collection may have been opened again since.
    if (superseded) await context.state.commit(drop(context, generation));
    else if (
      !kept &&
      (await moveHead(context, rest, revision, drop(context, generation), undefined)) === undefined
    )
      continue;
    await dropGenerations(context);
    return superseded;
  }
}

/**
 * Makes the generation being built the live one. The one that was live is kept; the one kept before it is dropped.
 *
 * @throws KeelsonError STATE_CONFLICT when the head, or what is to be checked, has moved.
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

/** Drops collections of this index that no generation has any more: opened by somebody too late. */
export async function dropStrays(context: IndexContext): Promise<void> {
  const { keys, state, vectors, name } = context;
  const collections = await vectors.list();
  const { head } = await readHead(context);
  const known = [head.live, head.previous, head.building].map((generation) => generation?.number);
  const strays = collections.flatMap((collection) => {
    const number = Number(/^@(\d+)$/.exec(collection.name.slice(name.length))?.[1] ?? Number.NaN);
    const own = keys.collection(number) === collection.name && number < head.next;
    return own && !known.includes(number) ? [{ key: keys.dropping(number), value: null }] : [];
  });
  if (strays.length > 0) await state.commit(strays);
  await dropGenerations(context);
}

async function moveHead(
  context: IndexContext,
  head: Head,
  expect: Revision,
  also: readonly StateChange[],
  signal: AbortSignal | undefined,
): Promise<Revision | undefined> {
  try {
    const pointer = { key: context.keys.head, value: head, expect };
    return (await context.state.commit([pointer, ...also], { signal })).revision;
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

function drop(context: IndexContext, generation: Generation | undefined): StateChange[] {
  return generation === undefined ? [] : [{ key: context.keys.dropping(generation.number), value: null }];
}

/** Deletes the generations that are to be dropped: vectors first, then the ledger, then the note to do so. */
async function dropGenerations(context: IndexContext): Promise<void> {
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
