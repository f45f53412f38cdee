import { isKeelsonError, KeelsonError, type Revision, type StateCheck, type StateEntry } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { recoverIntents } from "./intents.ts";
import { linkedController } from "./linked-controller.ts";

/**
 * What only one of all handles and processes may do at a time:
 *
 * - `sync`: bring the index up to date with a source;
 * - `build`: build a generation beside the live one;
 * - `snapshots`: write or delete what snapshots are made of;
 * - `drill`: restore a snapshot into scratch.
 *
 * Who takes several takes them in this order.
 */
export type LeaseTask = "sync" | "build" | "snapshots" | "drill";

/** All tasks, in this order. */
export const leaseTasks: readonly LeaseTask[] = ["sync", "build", "snapshots", "drill"];

/** The right to do a task, for as long as nobody else has it. */
export interface Lease {
  /**
   * To be part of every commit made by that right. Its revision is the fencing token: it stays while the lease is held
   * and renewed, and no later lease has it again, so a commit of somebody who lost it without noticing is refused.
   */
  readonly fence: StateCheck;
  /** The caller's signal, aborted as well once the lease is found to be lost. */
  readonly signal: AbortSignal;
  /** Throws LEASE_LOST where this is the refusal of a commit by the fence. */
  assertKept(error: unknown): void;
}

/** A lease as it stands. */
interface Standing {
  readonly owner: StateEntry | undefined;
  readonly until: StateEntry | undefined;
}

/** How often a waiting handle looks where the state store cannot be watched. */
const POLL_MS = 1000;

/**
 * Does work under a lease: waits until nobody else holds it, renews it while the work lasts, and lets go of it in the
 * end. Of a holder that died, it waits for the lease to run out.
 *
 * @throws KeelsonError LEASE_LOST when another holder took over meanwhile, since this one did not renew in time.
 */
export async function withLease<T>(
  context: IndexContext,
  task: LeaseTask,
  signal: AbortSignal | undefined,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  // Of one handle one after the other, so that whoever meets a lease of its own handle meets a leftover.
  return await context.turns[task].take(signal, () => holdWhile(context, task, signal, work));
}

async function holdWhile<T>(
  context: IndexContext,
  task: LeaseTask,
  signal: AbortSignal | undefined,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const { keys } = context;
  const { token, predecessor } = await acquire(context, task, signal);
  const ending = linkedController(signal);
  const renewing = new AbortController();
  const renewal = keepRenewing(context, task, token, renewing.signal).catch((error: unknown) => {
    if (!renewing.signal.aborted) ending.controller.abort(error);
  });
  const fence: StateCheck = { key: keys.lease(task), expect: token };
  const assertKept = (error: unknown): void => {
    if (isKeelsonError(error, "STATE_CONFLICT") && error.details.key === fence.key)
      throw leaseLost(context, task);
  };
  try {
    await recoverIntents(context, predecessor);
    return await work({ fence, signal: ending.controller.signal, assertKept });
  } catch (error) {
    assertKept(error);
    throw error;
  } finally {
    renewing.abort();
    ending.unlink();
    await renewal;
    await release(context, task, token);
  }
}

/** Is the task somebody's, whose time has not run out? */
export async function isHeld(context: IndexContext, task: LeaseTask, signal?: AbortSignal): Promise<boolean> {
  const { owner, until } = await read(context, task, signal);
  return owner !== undefined && until !== undefined && Number(until.value) > context.clock.now();
}

async function acquire(
  context: IndexContext,
  task: LeaseTask,
  signal: AbortSignal | undefined,
): Promise<{ readonly token: Revision; readonly predecessor: string | undefined }> {
  const { keys, state, clock, holder, leaseMs } = context;
  let wake = (): void => {};
  // Before the first look, so that no release falls between look and wait.
  const unwatch = state.watch?.(keys.lease(task), () => wake());
  try {
    while (true) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const standing = await read(context, task, signal);
      const leftMs = remainingMs(context, standing);
      if (leftMs > 0) {
        await firstOf(context, changed, unwatch === undefined ? Math.min(leftMs, POLL_MS) : leftMs, signal);
        continue;
      }
      const { owner, until } = standing;
      try {
        const { revision } = await state.commit(
          [
            { key: keys.lease(task), value: holder, expect: owner?.revision ?? "absent" },
            {
              key: keys.leaseUntil(task),
              value: clock.now() + leaseMs,
              expect: until?.revision ?? "absent",
            },
          ],
          { signal },
        );
        return { token: revision, predecessor: owner?.value as string | undefined };
      } catch (error) {
        // Somebody was faster, or it was renewed at the last moment.
        if (!isKeelsonError(error, "STATE_CONFLICT")) throw error;
      }
    }
  } finally {
    unwatch?.();
  }
}

async function read(
  { keys, state }: IndexContext,
  task: LeaseTask,
  signal: AbortSignal | undefined,
): Promise<Standing> {
  const [owner, until] = await state.get([keys.lease(task), keys.leaseUntil(task)], { signal });
  return { owner, until };
}

function remainingMs({ clock, holder }: IndexContext, { owner, until }: Standing): number {
  if (owner === undefined || until === undefined || owner.value === holder) return 0;
  return Number(until.value) - clock.now();
}

async function firstOf(
  { clock }: IndexContext,
  changed: Promise<void>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { controller, unlink } = linkedController(signal);
  const slept = clock.sleep(ms, { signal: controller.signal });
  try {
    await Promise.race([changed, slept]);
  } finally {
    controller.abort();
    unlink();
    await slept.catch(() => undefined);
  }
  signal?.throwIfAborted();
}

/** Renews until it is stopped; rejects once the lease is lost. */
async function keepRenewing(
  context: IndexContext,
  task: LeaseTask,
  token: Revision,
  stop: AbortSignal,
): Promise<void> {
  const { keys, state, clock, leaseMs } = context;
  while (true) {
    await clock.sleep(leaseMs / 3, { signal: stop });
    try {
      await state.commit([
        { key: keys.lease(task), expect: token },
        { key: keys.leaseUntil(task), value: clock.now() + leaseMs },
      ]);
    } catch (error) {
      if (isKeelsonError(error, "STATE_CONFLICT")) throw leaseLost(context, task);
      // The next round tries again. If none gets through, the fence decides, not this loop.
    }
  }
}

// What could not be let go of runs out by itself.
async function release({ keys, state }: IndexContext, task: LeaseTask, token: Revision): Promise<void> {
  try {
    await state.commit([
      { key: keys.lease(task), delete: true, expect: token },
      { key: keys.leaseUntil(task), delete: true },
    ]);
  } catch {}
}

function leaseLost({ name, leaseMs }: IndexContext, task: LeaseTask): KeelsonError<"LEASE_LOST"> {
  return new KeelsonError("LEASE_LOST", `the ${task} of the index ${name} was taken over by another holder`, {
    details: { index: name, task, leaseMs },
  });
}
