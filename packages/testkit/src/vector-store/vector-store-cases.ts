import type { VectorStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { abortVectorCases } from "./abort.ts";
import { collectionCases } from "./collections.ts";
import { contentCases } from "./contents.ts";
import { durabilityCases } from "./durability.ts";
import { filterCases } from "./filters.ts";
import { queryCases } from "./query.ts";
import { recordCases } from "./records.ts";
import { scanCases } from "./scan.ts";

/**
 * What every vector store must satisfy, as the SDK calls it: with arguments already checked and batches split.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { runConformance, vectorStoreCases } from "@keelson/testkit";
 *
 * const report = await runConformance(vectorStoreCases, { create: () => createMemoryStorage().vectors });
 * console.log(report.failed); // []
 * ```
 */
export const vectorStoreCases: readonly ConformanceCase<VectorStore>[] = [
  ...collectionCases,
  ...recordCases,
  ...queryCases,
  ...filterCases,
  ...scanCases,
  ...contentCases,
  ...abortVectorCases,
  ...durabilityCases,
];
