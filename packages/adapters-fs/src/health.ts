import { KeelsonError } from "@keelson/core";
import { failed } from "./store-error.ts";

/**
 * Whether the handle may still write. After a failed write or fsync nobody knows what the medium holds, and asking
 * again can answer wrongly (the kernel may drop the pages that it failed to write); only a fresh reading can tell. Nor
 * does it write where texts that follow the opening are damaged: a compaction could only leave them out.
 */
export interface Health {
  /** Has nothing failed yet? */
  isWell(): boolean;
  /** @throws KeelsonError STORE_FAILED after a failure. */
  assert(): void;
  /** Ends writing for good, and gives the error to reject with. */
  fail(operation: string, cause: unknown): Error;
}

export function createHealth(): Health {
  let first: Error | undefined;
  return {
    isWell: () => first === undefined,
    assert: () => {
      if (first !== undefined) throw first;
    },
    fail: (operation, cause) => {
      const error = failed(operation, cause);
      first ??= error;
      return error;
    },
  };
}

/** The health of a store that is only read: every write is refused. */
export function createReadOnlyHealth(store: string): Health & { readonly refusal: Error } {
  const refusal = new KeelsonError("STORE_READ_ONLY", `${store} is open for reading only`, {
    details: { store },
  });
  return {
    refusal,
    isWell: () => true,
    assert: () => {
      throw refusal;
    },
    fail: failed,
  };
}
