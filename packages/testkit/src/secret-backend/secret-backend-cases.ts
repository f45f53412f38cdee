import type { SecretBackend } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { abortSecretCases } from "./abort.ts";
import { durabilityCases } from "./durability.ts";
import { leakCases } from "./leaks.ts";
import { recordCases } from "./records.ts";
import { writeCases } from "./write.ts";

/**
 * What every secret backend must satisfy.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { runConformance, secretBackendCases } from "@keelson/testkit";
 *
 * const report = await runConformance(secretBackendCases, { create: () => createMemoryStorage().secrets });
 * console.log(report.failed); // []
 * ```
 */
export const secretBackendCases: readonly ConformanceCase<SecretBackend>[] = [
  ...recordCases,
  ...writeCases,
  ...leakCases,
  ...abortSecretCases,
  ...durabilityCases,
];
