import { isKeelsonError, KeelsonError, type Revision, type StateChange, scanState } from "@keelson/core";
import { isConflict } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { invalid } from "./documents.ts";
import {
  allGenerations,
  type Building,
  type Generation,
  type Head,
  readHead,
  type StoredHead,
  wholeGenerations,
} from "./head.ts";
import { startRemoval } from "./pins.ts";

const KEYS_A_COMMIT = 1000;

/** What a new generation is to be. */
export type GenerationPlan = Omit<Building, "number" | "createdAtMs">;

/** Begins a generation beside the live one. What else was being built is dropped. */
export async function beginGeneration(
  context: IndexContext,
  plan: GenerationPlan,
  signal: AbortSignal | undefined,
): Promise<{ readonly building: Building; readonly head: StoredHead }> {
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
    const kept = wholeGenerations(head).some(isIt);
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

/** How a generation that has been built takes its place. */
export interface SwapOptions {
  /** Make it the live one. Otherwise it is kept beside it. */
  readonly live: boolean;
  /** What else the commit expects or changes. */
  readonly also?: readonly StateChange[] | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Ends the building of a generation. Where it becomes the live one, the one that was live is kept for a roll-back; those
 * kept before it are dropped, but for pinned ones.
 *
 * @throws KeelsonError STATE_CONFLICT when the head, or what is to be checked, has moved.
 */
export async function swapGeneration(
  context: IndexContext,
  { head, revision }: StoredHead,
  { live: goesLive, also = [], signal }: SwapOptions,
): Promise<void> {
  const { building, previous, kept = [], ...rest } = head;
  if (building === undefined) return;
  const { purpose: _, of: __, pipeline: ___, ...built } = building;
  const before = previous === undefined ? kept : [previous, ...kept];
  const { pinned, removals, dropped } = goesLive
    ? await sortByPins(context, before, signal)
    : { pinned: [...kept, built], removals: [], dropped: [] };
  const back = goesLive ? head.live : previous;
  const value: Head = {
    ...rest,
    live: goesLive ? built : head.live,
    ...(back !== undefined && { previous: back }),
    ...(pinned.length > 0 && { kept: pinned }),
  };
  const drops = dropped.flatMap((each) => drop(context, each));
  const pointer = { key: context.keys.head, value, expect: revision };
  await context.state.commit([pointer, ...also, ...removals, ...drops], { signal });
  await dropGenerations(context);
}

/** Which generations somebody keeps, and what takes the others away. */
async function sortByPins(
  context: IndexContext,
  generations: readonly Generation[],
  signal: AbortSignal | undefined,
) {
  const pinned: Generation[] = [];
  const dropped: Generation[] = [];
  const removals: StateChange[] = [];
  for (const generation of generations) {
    try {
      removals.push(...(await startRemoval(context, { generation: generation.number }, signal)));
      dropped.push(generation);
    } catch (error) {
      if (!isKeelsonError(error, "INDEX_TARGET_PINNED")) throw error;
      pinned.push(generation);
    }
  }
  return { pinned, removals, dropped };
}

/**
 * Drops a generation that is not live.
 *
 * @throws KeelsonError INDEX_TARGET_NOT_FOUND, INDEX_TARGET_PINNED, or ARGUMENT_INVALID for the live one.
 */
export async function dropGeneration(
  context: IndexContext,
  number: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  signal?.throwIfAborted();
  while (true) {
    const { head, revision } = await readHead(context, signal);
    const { previous, kept = [], ...rest } = head;
    if (head.live.number === number) throw invalid("generation", "the live one");
    const found = wholeGenerations(head).find((generation) => generation.number === number);
    if (found === undefined) throw generationNotFound(context, number);
    const removal = await startRemoval(context, { generation: number }, signal);
    const others = kept.filter((generation) => generation !== found);
    const value: Head = {
      ...rest,
      ...(previous !== undefined && previous !== found && { previous }),
      ...(others.length > 0 && { kept: others }),
    };
    const also = [...removal, ...drop(context, found)];
    if ((await moveHead(context, value, revision, also, signal)) === undefined) continue;
    await dropGenerations(context);
    return;
  }
}

export function generationNotFound(
  { name }: IndexContext,
  generation: number | undefined,
): KeelsonError<"INDEX_TARGET_NOT_FOUND"> {
  const what = generation === undefined ? "no generation to go back to" : `no generation ${generation}`;
  return new KeelsonError("INDEX_TARGET_NOT_FOUND", `the index ${name} has ${what}`, {
    details: { index: name, generation },
  });
}

/** Drops collections of this index that no generation has any more: opened by somebody too late. */
export async function dropStrays(context: IndexContext): Promise<void> {
  const { keys, state, vectors, name } = context;
  const collections = await vectors.list();
  const { head } = await readHead(context);
  const known = allGenerations(head).map((generation) => generation.number);
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
  await forgetTouches(context);
}

// What a rebuild had still to copy when it was given up.
async function forgetTouches(context: IndexContext): Promise<void> {
  const { keys, state } = context;
  while (true) {
    const page = await state.scan({ prefix: keys.touched, limit: KEYS_A_COMMIT });
    if (page.length === 0) return;
    const { head, revision } = await readHead(context);
    if (head.building?.purpose === "rebuild") return;
    const gone = page.map(({ key }) => ({ key, delete: true }) as const);
    try {
      await state.commit([{ key: keys.head, expect: revision }, ...gone]);
    } catch (error) {
      // Looked at again: a rebuild may have begun, which needs them.
      if (!isConflict(error)) throw error;
    }
  }
}
