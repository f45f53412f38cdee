import { scanState } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { parseExpiry } from "./keys.ts";

/** What the expiry index of a generation says. */
export interface Expiries {
  /** How many documents have expired and are not swept yet. */
  readonly expired: number;
  /** When the next one expires, in epoch milliseconds, where one will. */
  readonly nextExpiryMs: number | undefined;
}

/** Reads the expiry index from its start to now: the cost is that of what has expired. */
export async function readExpiries(
  { keys, state }: IndexContext,
  generation: number,
  nowMs: number,
  signal: AbortSignal | undefined,
): Promise<Expiries> {
  const prefix = keys.expiries(generation);
  let expired = 0;
  for await (const entry of scanState(state, { prefix, signal })) {
    const { expiresAtMs } = parseExpiry(entry, prefix.length);
    if (expiresAtMs > nowMs) return { expired, nextExpiryMs: expiresAtMs };
    expired++;
  }
  return { expired, nextExpiryMs: undefined };
}
