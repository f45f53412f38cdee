import type { Awaitable, Storage } from "@keelson/core";
import type { Harness } from "../conformance/conformance-case.ts";
import { createPlace } from "../conformance/place.ts";
import { type FaultEffect, type StorageOperation, writeOperations } from "./fault-plan.ts";
import { createFaultyStorage, type FaultyStorage } from "./faulty-storage.ts";

/** What {@link crashPoints} takes. */
export interface CrashPointsOptions extends Harness<Storage> {
  /** Which calls the process may die at. Default: {@link writeOperations}. */
  readonly on?: readonly StorageOperation[] | undefined;
  /** How it may die at each. Default: before the call, within it where it need not be atomic, and behind it. */
  readonly effects?: readonly FaultEffect[] | undefined;
  /** Gives up with an error beyond this many steps: the program does not come to an end. Default 10,000. */
  readonly maxSteps?: number | undefined;
}

/** One moment at which a process may die. */
export interface CrashPoint {
  /** The step it dies at, from 1, of the calls that count. */
  readonly step: number;
  /** How it dies there. */
  readonly effect: FaultEffect;
  /** What to run the program on. */
  readonly storage: FaultyStorage;
  /**
   * Runs the program until it ends or dies. Another failure than its death is thrown.
   *
   * @returns Whether it died.
   */
  run(program: (storage: FaultyStorage) => Awaitable<unknown>): Promise<boolean>;
  /** What the next process finds: the storage underneath, reopened where the harness can. */
  recover(): Promise<Storage>;
}

/**
 * Every moment at which a program that writes can die, one after the other, each on a fresh storage: three lines
 * make a test that crashes everywhere. It ends once the program has got through without meeting its death, so the
 * program must run in the loop, and must do the same each time.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { crashPoints } from "@keelson/testkit";
 *
 * let crashes = 0;
 * for await (const point of crashPoints({ create: () => createMemoryStorage() })) {
 *   const died = await point.run(async ({ state }) => {
 *     await state.commit([{ key: "from", value: 90 }, { key: "to", value: 10 }]);
 *     await state.commit([{ key: "from", value: 80 }, { key: "to", value: 20 }]);
 *   });
 *   const [from, to] = await (await point.recover()).state.get(["from", "to"]);
 *   if (from && to && Number(from.value) + Number(to.value) !== 100) throw new Error("money is lost");
 *   if (died) crashes++;
 * }
 * console.log(crashes); // 6
 * ```
 */
export async function* crashPoints(options: CrashPointsOptions): AsyncGenerator<CrashPoint> {
  const {
    on = writeOperations,
    effects = ["kill", "kill-within", "kill-after"],
    maxSteps = 10_000,
  } = options;
  for (let step = 1; step <= maxSteps; step++) {
    let reached = false;
    for (const effect of effects) {
      const place = createPlace();
      let subject = await options.create(place);
      const death = new Error(`died at step ${step}`);
      const storage = createFaultyStorage(subject, { at: step, effect, on, error: death });
      try {
        yield {
          step,
          effect,
          storage,
          run: (program) => survives(program, storage, death),
          async recover() {
            if (options.reopen) subject = await options.reopen(subject, place);
            return subject;
          },
        };
      } finally {
        await (options.destroy ?? closeStorage)(subject, place);
        place.remove();
      }
      reached ||= storage.fired;
    }
    if (!reached) return;
  }
  throw new RangeError(`the program has not ended after ${maxSteps} steps`);
}

async function survives(
  program: (storage: FaultyStorage) => Awaitable<unknown>,
  storage: FaultyStorage,
  death: Error,
): Promise<boolean> {
  try {
    await program(storage);
  } catch (error) {
    // A program may wrap what killed it.
    if (!storage.fired || !isCausedBy(error, death)) throw error;
  }
  return storage.fired;
}

function isCausedBy(error: unknown, cause: unknown): boolean {
  for (let link = error; link !== undefined && link !== null; link = (link as { cause?: unknown }).cause)
    if (link === cause) return true;
  return false;
}

async function closeStorage(storage: Storage): Promise<void> {
  await storage.close();
}
