import { argumentInvalid, type Storage } from "@keelson/core";
import {
  createAccess,
  createEngine,
  createSecretBackend,
  createStateStore,
  createVectorStore,
  type Journal,
} from "@keelson/storage-engine";
import { createMemoryBlobs } from "./memory-blobs.ts";
import { unsealed } from "./unsealed.ts";

const nothingToWaitFor: Journal = Object.freeze({ append: () => ({ bytes: 0, written: Promise.resolve() }) });

/** What {@link createMemoryStorage} takes. */
export interface MemoryStorageOptions {
  /**
   * What is kept of large collections' vectors beside their floats. With `"int8"`, a search first reads a byte for each
   * number, a quarter of the bytes, and then only the vectors that those bytes cannot rule out, which it scores
   * exactly: the answers are the same, bit for bit. Vectors take a quarter more memory, and 16 bytes each; writing them
   * takes longer. Without WebAssembly SIMD it changes nothing. Default: `"none"`.
   */
  readonly quantization?: "none" | "int8" | undefined;
}

/**
 * Makes a storage that lives in memory and ends with the process: for tests, for trying things out, and as the
 * reference of what every other adapter should answer.
 *
 * Vector search is exact. Every call validates its arguments before it changes anything. Whole commits, batches and
 * blobs show at once or not at all.
 *
 * @throws KeelsonError ARGUMENT_INVALID when `quantization` is none of its values.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 *
 * const storage = createMemoryStorage();
 * const docs = await storage.vectors.open("docs", { dimension: 2, metric: "cosine" });
 * await docs.upsert([
 *   { id: "keel", vector: new Float32Array([1, 0]), metadata: { part: "hull" } },
 *   { id: "mast", vector: new Float32Array([0, 1]), metadata: { part: "rig" } },
 * ]);
 * const [best] = await docs.query(new Float32Array([2, 0]), { topK: 1 });
 * console.log(best?.id, best?.score); // keel 1
 * await storage.close();
 * ```
 */
export function createMemoryStorage({ quantization = "none" }: MemoryStorageOptions = {}): Storage {
  if (quantization !== "none" && quantization !== "int8")
    throw argumentInvalid("quantization", 'must be "none" or "int8"');
  const access = createAccess("memory storage");
  const parts = { engine: createEngine({ quantization }), journal: nothingToWaitFor, access };
  const stores = {
    vectors: createVectorStore({ ...parts, durable: false, physicalDelete: true }),
    state: createStateStore(parts),
    blobs: createMemoryBlobs(access),
    secrets: createSecretBackend({ ...parts, durable: false, sealed: false, sealer: unsealed }),
  };
  return {
    ...stores,
    // There is no file that could hold anything.
    reclaim: async (options) => {
      access.enter(options?.signal);
      return { reclaimedBytes: 0, stores: Object.values(stores) };
    },
    close: async () => access.close(),
  };
}
