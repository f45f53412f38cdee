import type { AbortOptions, StateChange } from "@keelson/core";
import type { Context } from "./context.ts";
import type { Head, RampControl } from "./head.ts";

/** What is to become other: who is live, which ramp is under way, or both. */
export interface TrafficChange {
  readonly live?: string | undefined;
  readonly ramp?: RampControl | null | undefined;
  /** Was the last step taken back? Default: as it was. */
  readonly undone?: boolean | undefined;
}

/** The head and all else that is committed with a change of the traffic, the indexes' part among it. */
export async function changeTraffic(
  { keys, indexMoves, rollbackWindow }: Pick<Context, "keys" | "indexMoves" | "rollbackWindow">,
  before: Head,
  { live = before.live ?? undefined, ramp = before.ramp, undone = before.undone }: TrafficChange,
  options: AbortOptions,
): Promise<{ head: Partial<Omit<Head, "audit" | "format">>; changes: StateChange[] }> {
  const moved = live !== undefined && live !== before.live;
  const left = before.live === null ? [] : [before.live];
  const recent = moved
    ? [...left, ...before.recent.filter((name) => name !== live && name !== before.live)].slice(
        0,
        rollbackWindow,
      )
    : before.recent;
  const roles = { live: live ?? null, recent, ramp };
  const { pins, changes } = await indexMoves.move(before, roles, options);
  // The start of a ramp contradicts no decision about who is live.
  const moves = before.moves + (ramp !== null && before.ramp === null ? 0 : 1);
  return {
    head: { ...roles, undone, pins, moves },
    changes: moved ? [{ key: keys.lived(live), value: true }, ...changes] : [...changes],
  };
}
