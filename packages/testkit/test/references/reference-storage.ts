import type { Storage, VectorStoreCapabilities } from "@keelson/core";
import type { Harness } from "../../src/index.ts";
import { createGuard } from "./guard.ts";
import { type BlobMedium, createReferenceBlobs } from "./reference-blobs.ts";
import { createReferenceSecrets, createSecretMedium, type SecretMedium } from "./reference-secrets.ts";
import { createReferenceState, createStateMedium, type StateMedium } from "./reference-state.ts";
import { createReferenceVectors, type VectorMedium } from "./reference-vectors.ts";

/** What outlives a handle. */
interface Medium {
  readonly state: StateMedium;
  readonly vectors: VectorMedium;
  readonly blobs: BlobMedium;
  readonly secrets: SecretMedium;
}

export interface ReferenceOptions {
  readonly capabilities?: Partial<VectorStoreCapabilities>;
  /** Can collections be enumerated, and keys be watched? */
  readonly optionalMethods?: boolean;
}

/** A storage as it should be, on a medium that outlives it. */
function createReferenceStorage(medium: Medium, options: ReferenceOptions = {}): Storage {
  const { optionalMethods = true } = options;
  const guard = createGuard("reference storage");
  const capabilities: VectorStoreCapabilities = Object.freeze({
    durable: true,
    metrics: Object.freeze(["cosine", "dot", "euclidean"] as const),
    filters: true,
    consistency: "immediate",
    recall: 1,
    physicalDelete: true,
    ...options.capabilities,
  });
  const { watch, ...state } = createReferenceState(medium.state, guard);
  const stores = {
    vectors: createReferenceVectors(medium.vectors, guard, capabilities, { scan: optionalMethods }),
    state: optionalMethods && watch ? { ...state, watch } : state,
    blobs: createReferenceBlobs(medium.blobs, guard),
    secrets: createReferenceSecrets(medium.secrets, guard, capabilities.durable),
  };
  const reclaim: Storage["reclaim"] = async (callOptions) => {
    await guard.check(callOptions);
    return { reclaimedBytes: 0, stores: Object.values(stores) };
  };
  return {
    ...stores,
    ...(optionalMethods && { reclaim }),
    close: async () => guard.close(),
  };
}

/** Makes reference storages that can be reopened where they say that they are durable. */
export function referenceHarness(options: ReferenceOptions = {}): Harness<Storage> {
  const media = new WeakMap<Storage, Medium>();
  const open = (medium: Medium): Storage => {
    const storage = createReferenceStorage(medium, options);
    media.set(storage, medium);
    return storage;
  };
  const create = (): Storage =>
    open({ state: createStateMedium(), vectors: new Map(), blobs: new Map(), secrets: createSecretMedium() });
  if (options.capabilities?.durable === false) return { create };
  return {
    create,
    reopen: async (storage) => {
      await storage.close();
      return open(media.get(storage) as Medium);
    },
  };
}

/** The configurations that take every case's condition both ways. */
export const referenceConfigurations: Readonly<Record<string, Harness<Storage>>> = {
  "durable, with everything": referenceHarness(),
  "volatile, with little": referenceHarness({
    optionalMethods: false,
    capabilities: { durable: false, metrics: ["dot"], filters: false, recall: 0.9 },
  }),
  "volatile, with limits": referenceHarness({
    capabilities: { durable: false, metrics: ["euclidean"], maxBatchSize: 7, maxTopK: 30 },
  }),
  "lagging, of other metrics": referenceHarness({
    capabilities: { durable: false, metrics: ["euclidean", "cosine"], consistency: "eventual", recall: 0.5 },
  }),
};

/** The same for one part of a storage, the configuration with everything first. */
export function partHarnesses<Part extends object>(
  pick: (storage: Storage) => Part,
): [Harness<Part>, ...Harness<Part>[]] {
  const [first, ...others] = Object.values(referenceConfigurations).map((harness) =>
    partHarness(harness, pick),
  );
  if (first === undefined) throw new Error("there is no configuration");
  return [first, ...others];
}

function partHarness<Part extends object>(
  harness: Harness<Storage>,
  pick: (storage: Storage) => Part,
): Harness<Part> {
  const storages = new WeakMap<Part, Storage>();
  const part = (storage: Storage): Part => {
    const picked = pick(storage);
    storages.set(picked, storage);
    return picked;
  };
  const { reopen } = harness;
  return {
    create: async (place) => part(await harness.create(place)),
    ...(reopen && {
      reopen: async (picked, place) => part(await reopen(storages.get(picked) as Storage, place)),
    }),
  };
}
