import { createHash } from "node:crypto";
import { isKeelsonError, type StateStore } from "@keelson/core";
import { abortable } from "../abortable.ts";

const PREFIX = "secrets/replay/";
const DIGITS = 16;
const SWEPT = 100;

/** Remembers messages for as long as they could be accepted again. */
export interface ReplayGuard {
  /** Is this the first time? Of many calls at once for one message, exactly one is told so. */
  isFirst(id: string, sentAtMs: number, now: number, signal: AbortSignal | undefined): Promise<boolean>;
}

/**
 * @param keptMs How long after it was sent a message is remembered.
 * @param state Where it is remembered for all processes. Without it, this one remembers for itself.
 */
export function createReplayGuard(name: string, keptMs: number, state: StateStore | undefined): ReplayGuard {
  if (state === undefined) return createLocalGuard(keptMs);
  // Names may hold "/": unescaped, "a" would sweep what "a/0-b" remembers.
  const prefix = `${PREFIX}${name.replaceAll("%", "%25").replaceAll("/", "%2F")}/`;
  // By time, so that what is over stands first.
  const keyOf = (atMs: number): string =>
    prefix + String(Math.max(0, Math.floor(atMs))).padStart(DIGITS, "0");

  return {
    async isFirst(id, sentAtMs, now, signal) {
      const key = `${keyOf(sentAtMs)}/${createHash("sha256").update(id).digest("base64url")}`;
      const old = await abortable(signal, () => state.scan({ prefix, limit: SWEPT, signal }));
      const end = keyOf(now - keptMs);
      const over = old.flatMap((entry) =>
        entry.key < end ? [{ key: entry.key, delete: true } as const] : [],
      );
      try {
        await abortable(signal, () =>
          state.commit([...over, { key, value: now, expect: "absent" }], { signal }),
        );
        return true;
      } catch (error) {
        if (isKeelsonError(error, "STATE_CONFLICT")) return false;
        throw error;
      }
    },
  };
}

function createLocalGuard(keptMs: number): ReplayGuard {
  const seen = new Map<string, number>();
  return {
    isFirst: async (id, sentAtMs, now) => {
      // The oldest first, more or less: what came late before it stays a little longer.
      for (const [old, atMs] of seen) {
        if (atMs >= now - keptMs) break;
        seen.delete(old);
      }
      const key = `${sentAtMs} ${id}`;
      if (seen.has(key)) return false;
      seen.set(key, sentAtMs);
      return true;
    },
  };
}
