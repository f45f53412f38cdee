import type { BlobStore } from "./blob-store.ts";
import type { SecretBackend } from "./secret-backend.ts";
import type { AbortOptions, Awaitable } from "./shared-types.ts";
import type { StateStore } from "./state-store.ts";
import type { VectorStore } from "./vector-store.ts";

/** What {@link Storage.reclaim} did. */
export interface ReclaimResult {
  /** By how many bytes the files became smaller; 0 where there was nothing to reclaim. */
  readonly reclaimedBytes: number;
  /**
   * The stores that it holds for, as the storage has them: a caller who has put another in the place of one can tell
   * that it does not hold for that one.
   */
  readonly stores: readonly (VectorStore | StateStore | BlobStore | SecretBackend)[];
}

/**
 * Everything Keelson stores in, as one value: change the adapter that makes it, and the same program runs in
 * memory, on the filesystem or elsewhere. Mix adapters by spreading: `{ ...storage, vectors: pinecone }`.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 *
 * const storage = createMemoryStorage();
 * await storage.state.commit([{ key: "greeting", value: "hello", expect: "absent" }]);
 * const [entry] = await storage.state.get(["greeting"]);
 * console.log(entry?.value); // hello
 * await storage.close();
 * ```
 */
export interface Storage {
  /** Vectors, and their search. */
  readonly vectors: VectorStore;
  /** Ledgers, leases, release state. */
  readonly state: StateStore;
  /** Snapshots. */
  readonly blobs: BlobStore;
  /** Secrets, apart from all else. */
  readonly secrets: SecretBackend;
  /**
   * Rewrites or overwrites whatever still holds what was deleted or replaced, so that its bytes are in no file of the
   * storage once the promise resolves: of all deletes and writes acknowledged before the call, and without touching
   * what is stored. Reads and writes go on meanwhile. It is idempotent; when it rejects, is aborted or the process
   * ends, everything stored is as it was, and calling again does the rest.
   *
   * Erasure asks for it. Optional: without it a receipt says that what was deleted is only hidden. A storage that
   * keeps nothing of what was deleted answers at once.
   */
  reclaim?(options?: AbortOptions): Awaitable<ReclaimResult>;
  /**
   * Ends what is under way, then releases files, locks and connections. Closing twice is no error. Every other call
   * afterwards rejects with STORE_CLOSED.
   */
  close(): Promise<void>;
}
