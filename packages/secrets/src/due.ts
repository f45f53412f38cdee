import type { DueRotation } from "./rotation-types.ts";
import type { StoredSecret } from "./stored-secret.ts";
import { currentOf, versionOf } from "./transitions.ts";

/** When the current version is to be rotated by its schedule. */
export function dueAtMs({ schedule, ...secret }: StoredSecret): number | undefined {
  const current = currentOf(secret);
  return schedule && current && current.createdAtMs + schedule.everyMs;
}

/** What waits to be done to a secret, were it only in the future. */
export function dueRotation(secret: StoredSecret): DueRotation | undefined {
  const { name, rotation, schedule } = secret;
  const version = currentOf(secret)?.version;
  if (rotation !== undefined) {
    const since = versionOf(secret, rotation.version)?.createdAtMs ?? 0;
    return { name, reason: "unfinished", version, dueAtMs: since, graceMs: undefined };
  }
  const at = dueAtMs(secret);
  if (at === undefined) return undefined;
  return { name, reason: "scheduled", version, dueAtMs: at, graceMs: schedule?.graceMs };
}
