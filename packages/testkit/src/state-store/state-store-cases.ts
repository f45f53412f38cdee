import type { StateStore } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { abortStateCases } from "./abort.ts";
import { commitCases } from "./commit.ts";
import { conditionCases } from "./conditions.ts";
import { contentCases } from "./contents.ts";
import { durabilityCases } from "./durability.ts";
import { getCases } from "./get.ts";
import { linearizableCases } from "./linearizable.ts";
import { scanCases } from "./scan.ts";
import { watchCases } from "./watch.ts";

/**
 * What every state store must satisfy.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { runConformance, stateStoreCases } from "@keelson/testkit";
 *
 * const report = await runConformance(stateStoreCases, { create: () => createMemoryStorage().state });
 * console.log(report.failed); // []
 * ```
 */
export const stateStoreCases: readonly ConformanceCase<StateStore>[] = [
  ...getCases,
  ...scanCases,
  ...commitCases,
  ...conditionCases,
  ...contentCases,
  ...linearizableCases,
  ...abortStateCases,
  ...watchCases,
  ...durabilityCases,
];
