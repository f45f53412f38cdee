import type { BlobStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { abortBlobCases } from "./abort.ts";
import { durabilityCases } from "./durability.ts";
import { putCases } from "./put.ts";
import { readCases } from "./reads.ts";

/**
 * What every blob store must satisfy.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { blobStoreCases, runConformance } from "@keelson/testkit";
 *
 * const report = await runConformance(blobStoreCases, { create: () => createMemoryStorage().blobs });
 * console.log(report.failed); // []
 * ```
 */
export const blobStoreCases: readonly ConformanceCase<BlobStore>[] = [
  ...putCases,
  ...readCases,
  ...abortBlobCases,
  ...durabilityCases,
];
