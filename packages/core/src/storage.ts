import type { BlobStore } from "./blob-store.ts";
import type { SecretBackend } from "./secret-backend.ts";
import type { StateStore } from "./state-store.ts";
import type { VectorStore } from "./vector-store.ts";

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
   * Ends what is under way, then releases files, locks and connections. Closing twice is no error. Every other call
   * afterwards rejects with STORE_CLOSED.
   */
  close(): Promise<void>;
}
