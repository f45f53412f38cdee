import type { Storage } from "@keelson/core";
import { blobStoreCases } from "../blob-store/blob-store-cases.ts";
import { strictBlobStoreCases } from "../blob-store/strict.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { liftCases } from "../conformance/lift-cases.ts";
import { secretBackendCases } from "../secret-backend/secret-backend-cases.ts";
import { strictSecretBackendCases } from "../secret-backend/strict.ts";
import { stateStoreCases } from "../state-store/state-store-cases.ts";
import { strictStateStoreCases } from "../state-store/strict.ts";
import { strictVectorStoreCases } from "../vector-store/strict.ts";
import { vectorStoreCases } from "../vector-store/vector-store-cases.ts";
import { afterCloseCases } from "./after-close.ts";
import { closeCases } from "./close.ts";
import { reclaimCases } from "./reclaim.ts";

/**
 * What every storage must satisfy: the suites of its four parts, the strict ones too, since users call a storage
 * themselves, and what is true of closing and reclaiming.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { runConformance, storageCases } from "@keelson/testkit";
 *
 * const report = await runConformance(storageCases, { create: () => createMemoryStorage() });
 * console.log(report.failed); // []
 * ```
 */
export const storageCases: readonly ConformanceCase<Storage>[] = [
  ...closeCases,
  ...afterCloseCases,
  ...reclaimCases,
  ...liftCases([...stateStoreCases, ...strictStateStoreCases], (storage: Storage) => storage.state),
  ...liftCases([...vectorStoreCases, ...strictVectorStoreCases], (storage: Storage) => storage.vectors),
  ...liftCases([...blobStoreCases, ...strictBlobStoreCases], (storage: Storage) => storage.blobs),
  ...liftCases([...secretBackendCases, ...strictSecretBackendCases], (storage: Storage) => storage.secrets),
];
