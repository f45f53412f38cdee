import {
  type AbortOptions,
  type Awaitable,
  argumentInvalid,
  assertObject,
  type Clock,
  isKeelsonError,
  type Secret,
  systemClock,
} from "@keelson/core";
import { assertSpan } from "./arguments.ts";
import type { RotationHooks } from "./rotation-hooks.ts";
import type { DueRotation, RotationFailure } from "./rotation-types.ts";
import type { SecretStore } from "./secret-store.ts";

const MINUTE_MS = 60_000;

/** What {@link createRotationRunner} takes. */
export interface RotationRunnerOptions {
  /** Whose secrets are rotated. */
  readonly store: SecretStore;
  /** The hooks of a secret, by its name. Default: none. */
  readonly hooks?: ((name: string) => RotationHooks | undefined) | undefined;
  /**
   * Told of every new version. For kind `"verify"` this is the only time its value is shown: hand it on here. What it
   * throws is a failure of that secret.
   */
  readonly onRotated?: ((rotated: RotatedSecret) => Awaitable<void>) | undefined;
  /**
   * Told of every failure; it must not throw. A secret that could not be rotated stays due and is tried again in the
   * next round; what `onRotated` has thrown is not, since the new version is there.
   */
  readonly onFailed?: ((failure: RotationFailure) => void) | undefined;
  /** How long to sleep between two rounds of `run`. Default: one minute. */
  readonly everyMs?: number | undefined;
  /** How old a rotation that somebody has begun must be to be taken for left behind. Default: five minutes. */
  readonly takeOverAfterMs?: number | undefined;
  /** Who the audit says has done it. Default `"rotation-runner"`. */
  readonly by?: string | undefined;
  /** Sleeps, and tells which rotations were left. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** A secret that has a new version. */
export interface RotatedSecret {
  readonly name: string;
  readonly version: number;
  /** The value; `undefined` where another process had made it current and only `finish` was missing. */
  readonly secret: Secret | undefined;
}

/** What one round came to. */
export interface RotationRound {
  readonly rotated: readonly RotatedSecret[];
  /** Due secrets that another process has rotated meanwhile, or is rotating. */
  readonly skipped: readonly string[];
  readonly failed: readonly RotationFailure[];
}

/** Rotates what is due. */
export interface RotationRunner {
  /** One round: all that is due now, one after the other. A failure of one secret keeps no other from being rotated. */
  runOnce(options?: AbortOptions): Promise<RotationRound>;
  /** Rounds until it is aborted; then it rejects with `signal.reason`. Nothing else ends it. */
  run(options: Required<AbortOptions>): Promise<never>;
}

/**
 * Makes a runner that rotates secrets as they are scheduled. After a time without it, each is rotated once, however
 * many times were missed. Several runners in several processes rotate each once: the version that was due is what
 * each of them expects to replace.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is no store, or a time is no whole number.
 *
 * @example
 * ```ts
 * import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
 * import { createRotationRunner, createSecretStore } from "@keelson/secrets";
 *
 * const day = 86_400_000;
 * const clock = createManualClock();
 * const store = createSecretStore({ ...createMemoryStorage(), clock });
 * await store.put("openai", "sk-first");
 * await store.schedule("openai", { everyMs: 30 * day, graceMs: day });
 *
 * const runner = createRotationRunner({ store, clock, hooks: () => ({ create: () => "sk-second" }) });
 * console.log((await runner.runOnce()).rotated.length); // 0
 * await clock.advance(100 * day);
 * console.log((await runner.runOnce()).rotated.map(({ secret }) => `${secret}`)); // [ '[secret openai@2]' ]
 * ```
 */
export function createRotationRunner(options: RotationRunnerOptions): RotationRunner {
  assertObject(options);
  const { store, hooks: hooksOf = () => undefined, onRotated, onFailed, by = "rotation-runner" } = options;
  const { everyMs = MINUTE_MS, takeOverAfterMs = 5 * MINUTE_MS, clock = systemClock } = options;
  if (typeof store?.due !== "function") throw argumentInvalid("store", "is no secret store");
  assertSpan("everyMs", everyMs);
  assertSpan("takeOverAfterMs", takeOverAfterMs);

  const rotate = async (
    due: DueRotation,
    signal: AbortSignal | undefined,
  ): Promise<RotatedSecret | undefined> => {
    const { name, reason, version, dueAtMs, graceMs = 0 } = due;
    const hooks = hooksOf(name);
    if (reason === "scheduled") {
      const why = `due since ${new Date(dueAtMs).toISOString()}`;
      const result = await store.rotate(name, { graceMs, ifVersion: version, hooks, by, why, signal });
      return { name, version: result.version, secret: result.secret };
    }
    if (clock.now() < dueAtMs + takeOverAfterMs) return undefined;
    const {
      outcome,
      version: made,
      secret,
    } = await store.resume(name, { hooks, by, why: "left behind", signal });
    return outcome === "completed" && made !== undefined ? { name, version: made, secret } : undefined;
  };

  const runOnce: RotationRunner["runOnce"] = async ({ signal } = {}) => {
    const rotated: RotatedSecret[] = [];
    const skipped: string[] = [];
    const failed: RotationFailure[] = [];
    const fail = (failure: RotationFailure): void => {
      failed.push(failure);
      onFailed?.(failure);
    };
    let due: DueRotation[] = [];
    try {
      due = await store.due({ onFailed: fail, signal });
    } catch (error) {
      signal?.throwIfAborted();
      fail({ name: undefined, error });
    }
    for (const each of due) {
      const { name } = each;
      let done: RotatedSecret | undefined;
      try {
        done = await rotate(each, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (isKeelsonError(error, "SECRET_CONFLICT")) skipped.push(name);
        else fail({ name, error });
        continue;
      }
      if (done === undefined) {
        skipped.push(name);
        continue;
      }
      rotated.push(done);
      try {
        await onRotated?.(done);
      } catch (error) {
        signal?.throwIfAborted();
        fail({ name, error });
      }
    }
    return { rotated, skipped, failed };
  };

  return {
    runOnce,
    run: async ({ signal }) => {
      for (;;) {
        await runOnce({ signal });
        await clock.sleep(everyMs, { signal });
      }
    },
  };
}
