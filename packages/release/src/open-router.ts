import type { Context } from "./context.ts";
import type { Router, RouterOptions } from "./router.ts";

/** Opens a router that follows the record until it is closed. */
export async function openRouter(
  { state, keys, journal, routing, clock }: Context,
  leaseMs: number,
  { onError, signal }: RouterOptions,
): Promise<Router> {
  routing.start();
  const closing = new AbortController();
  const refresh = async (): Promise<void> => {
    try {
      await journal.read([], { signal: closing.signal });
    } catch (error) {
      if (!closing.signal.aborted) onError?.(error);
    }
  };
  // Watched before it is read, so that nothing falls between.
  const unwatch = state.watch?.(keys.head, () => void refresh());
  try {
    await journal.read([], { signal });
  } catch (error) {
    unwatch?.();
    throw error;
  }
  const renew = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      await clock.sleep(leaseMs / 3, { signal: closing.signal });
      await refresh();
    }
  };
  // It ends with the abort that closes it.
  renew().catch((error: unknown) => closing.signal.aborted || onError?.(error));

  const { assign, shadow, pin } = routing;
  return {
    assign,
    shadow,
    pin,
    refresh: async (options = {}) => void (await journal.read([], options)),
    close() {
      closing.abort();
      unwatch?.();
    },
  };
}
