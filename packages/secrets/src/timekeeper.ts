import { type Clock, KeelsonError } from "@keelson/core";

/** A wall clock that went forward by more than the store allows. */
export interface ClockJump {
  /** What it should show by the monotonic time that has passed, in epoch milliseconds. */
  readonly expectedMs: number;
  /** What it shows. */
  readonly actualMs: number;
}

/** The time that windows are judged by. */
export interface Timekeeper {
  /** The wall clock's time, or after a jump what it should show. */
  now(): number;
  /** The jump the clock has made, as long as it has not come back. */
  jump(): ClockJump | undefined;
  /** @throws KeelsonError CLOCK_JUMPED */
  assertSound(): void;
  /** From now on the clock is right. */
  trust(): void;
}

/**
 * Holds the wall clock against monotonic time, from one call to the next. It follows the wall clock back at once, and
 * forward in steps of up to `maxJumpMs`; beyond that it goes on by monotonic time.
 */
export function createTimekeeper(
  clock: Clock,
  maxJumpMs: number,
  onJump: (jump: ClockJump) => void,
): Timekeeper {
  let wall = clock.now();
  let monotonic = clock.monotonic();
  let jumped: ClockJump | undefined;

  const follow = (actualMs: number, at: number): number => {
    wall = actualMs;
    monotonic = at;
    jumped = undefined;
    return actualMs;
  };
  const now = (): number => {
    const actualMs = clock.now();
    const at = clock.monotonic();
    const expectedMs = wall + (at - monotonic);
    if (actualMs - expectedMs <= maxJumpMs) return follow(actualMs, at);
    const isNew = jumped === undefined;
    jumped = { expectedMs, actualMs };
    if (isNew) onJump(jumped);
    return expectedMs;
  };

  return {
    now,
    jump: () => {
      now();
      return jumped;
    },
    assertSound: () => {
      now();
      if (jumped === undefined) return;
      const { expectedMs, actualMs } = jumped;
      throw new KeelsonError("CLOCK_JUMPED", `the clock shows ${actualMs}, expected about ${expectedMs}`, {
        details: { expectedMs, actualMs },
      });
    },
    trust: () => void follow(clock.now(), clock.monotonic()),
  };
}
