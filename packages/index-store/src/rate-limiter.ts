import type { Clock } from "@keelson/core";
import { createTurns } from "./turns.ts";

const WINDOW_MS = 60_000;

/** Holds calls back so that no minute sees more than it may. */
export interface RateLimiter {
  /** The most texts that a minute may see. */
  readonly mostTexts: number;
  /** The most tokens that a minute may see. */
  readonly mostTokens: number;
  /** Waits until a call of this size may be made. One larger than the limit waits for an empty minute. */
  admit(texts: number, tokens: number, signal: AbortSignal | undefined): Promise<void>;
  /** Lets nobody through for so long: the service has asked for it. */
  pause(ms: number): void;
}

interface Limits {
  readonly textsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
}

interface Admission {
  readonly atMs: number;
  readonly texts: number;
  readonly tokens: number;
}

/** A window that slides over the last 60 seconds, by the clock's monotonic time: exact in any minute, not only on average. */
export function createRateLimiter(
  clock: Clock,
  { textsPerMinute = Number.POSITIVE_INFINITY, tokensPerMinute = Number.POSITIVE_INFINITY }: Limits,
): RateLimiter {
  const unlimited = textsPerMinute === tokensPerMinute;
  const turns = createTurns();
  let admitted: Admission[] = [];
  let pausedUntilMs = Number.NEGATIVE_INFINITY;

  /** How long until the window has room; it has when enough of the oldest admissions have left it. */
  const waitMs = (nowMs: number, texts: number, tokens: number): number => {
    admitted = admitted.filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
    let left = { texts: sum(admitted, "texts"), tokens: sum(admitted, "tokens") };
    let until = nowMs;
    for (const admission of admitted) {
      if (left.texts + texts <= textsPerMinute && left.tokens + tokens <= tokensPerMinute) break;
      left = { texts: left.texts - admission.texts, tokens: left.tokens - admission.tokens };
      until = admission.atMs + WINDOW_MS;
    }
    return Math.max(until, pausedUntilMs) - nowMs;
  };

  return {
    mostTexts: textsPerMinute,
    mostTokens: tokensPerMinute,
    admit: async (texts, tokens, signal) => {
      if (unlimited && pausedUntilMs <= clock.monotonic()) return;
      await turns.take(signal, async () => {
        while (true) {
          const nowMs = clock.monotonic();
          const ms = waitMs(nowMs, texts, tokens);
          if (ms <= 0) {
            if (!unlimited) admitted.push({ atMs: nowMs, texts, tokens });
            return;
          }
          await clock.sleep(ms, { signal });
        }
      });
    },
    pause: (ms) => {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonic() + ms);
    },
  };
}

function sum(admissions: readonly Admission[], of: "texts" | "tokens"): number {
  return admissions.reduce((total, admission) => total + admission[of], 0);
}
