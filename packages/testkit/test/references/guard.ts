import { type AbortOptions, KeelsonError } from "@keelson/core";

/** What a reference plug-in asks before every call: may it still be called? */
export interface Guard {
  check(options?: AbortOptions): Promise<void>;
  close(): void;
  assertOpen(): void;
}

export function createGuard(store: string): Guard {
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new KeelsonError("STORE_CLOSED", `the ${store} is closed`, { details: { store } });
  };
  return {
    assertOpen,
    async check(options) {
      options?.signal?.throwIfAborted();
      assertOpen();
      // A turn, so that calls made at once interleave and an abort can come in flight.
      await undefined;
      options?.signal?.throwIfAborted();
      assertOpen();
    },
    close: () => {
      closed = true;
    },
  };
}
