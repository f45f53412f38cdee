import { isKeelsonError, KeelsonError, type Revision, type StateChange } from "@keelson/core";
import type { IndexContext } from "./context.ts";

/**
 * A generation or a snapshot that somebody may hold on to.
 *
 * Each holder has a key of its own, so that several can pin and unpin one target in a single commit. What ties them to
 * the target's removal is its guard: a pin is committed while the guard is as it was read, and a removal moves the guard
 * before it looks for pins. So either the removal sees the pin, or the pin is refused.
 */
export type PinTarget = { readonly generation: number } | { readonly snapshot: string };

type Guard = { readonly removing: boolean };

interface StoredGuard {
  readonly removing: boolean;
  readonly revision: Revision | "absent";
}

export async function readGuard(
  { state, keys }: IndexContext,
  target: PinTarget,
  signal: AbortSignal | undefined,
): Promise<StoredGuard> {
  const [found] = await state.get([keys.guard(target)], { signal });
  if (found === undefined) return { removing: false, revision: "absent" };
  return { removing: (found.value as unknown as Guard).removing, revision: found.revision };
}

/** Puts the guard where it is not, or back where a removal has moved it. `false` when somebody else was faster. */
export async function setGuard(
  { state, keys }: IndexContext,
  target: PinTarget,
  expect: StoredGuard["revision"],
  value: Guard,
  also: readonly StateChange[],
  signal: AbortSignal | undefined,
): Promise<Revision | undefined> {
  try {
    const put: StateChange = { key: keys.guard(target), value, expect };
    return (await state.commit([put, ...also], { signal })).revision;
  } catch (error) {
    if (isKeelsonError(error, "STATE_CONFLICT")) return undefined;
    throw error;
  }
}

/** Who pins the target, by name. */
export async function holdersOf(
  { state, keys }: IndexContext,
  target: PinTarget,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const prefix = keys.pins(target);
  const found = await state.scan({ prefix, signal });
  return found.map(({ key }) => key.slice(prefix.length));
}

/**
 * Begins to take a target away. From now on nobody can pin it; what is returned is committed with its removal, or after
 * it, and takes the guard away.
 *
 * @throws KeelsonError INDEX_TARGET_PINNED when a holder keeps it.
 */
export async function startRemoval(
  context: IndexContext,
  target: PinTarget,
  signal: AbortSignal | undefined,
): Promise<StateChange[]> {
  const key = context.keys.guard(target);
  while (true) {
    const { revision } = await readGuard(context, target, signal);
    // Whoever pins puts a guard first, so the check in the commit is enough. A snapshot's removal is no commit.
    if (revision === "absent" && "generation" in target) return [{ key, expect: "absent" }];
    await assertUnpinned(context, target, signal);
    const moved = await setGuard(context, target, revision, { removing: true }, [], signal);
    if (moved === undefined) continue;
    try {
      await assertUnpinned(context, target, signal);
    } catch (error) {
      await setGuard(context, target, moved, { removing: false }, [], undefined);
      throw error;
    }
    return [{ key, delete: true, expect: moved }];
  }
}

async function assertUnpinned(
  context: IndexContext,
  target: PinTarget,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [holder] = await holdersOf(context, target, signal);
  if (holder === undefined) return;
  const { name } = context;
  const details =
    "generation" in target
      ? { index: name, generation: target.generation, holder }
      : { index: name, snapshotId: target.snapshot, holder };
  throw new KeelsonError("INDEX_TARGET_PINNED", `${holder} keeps what the index ${name} would take away`, {
    details,
  });
}
