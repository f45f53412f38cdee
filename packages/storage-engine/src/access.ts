import { KeelsonError } from "@keelson/core";

/** The gate in front of every call of one store. */
export interface Access {
  /**
   * Lets a call through.
   *
   * @throws KeelsonError STORE_CLOSED after `close`.
   * @throws the signal's reason when it is aborted already.
   */
  enter(signal?: AbortSignal | undefined): void;
  /** Shuts the gate. */
  close(): void;
}

/** @param store What the store is called in errors. */
export function createAccess(store: string): Access {
  let open = true;
  return {
    enter: (signal) => {
      if (!open) throw new KeelsonError("STORE_CLOSED", `the ${store} is closed`, { details: { store } });
      signal?.throwIfAborted();
    },
    close: () => {
      open = false;
    },
  };
}
