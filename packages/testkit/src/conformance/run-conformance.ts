import type { ConformanceCase, Harness } from "./conformance-case.ts";
import { runCase } from "./run-case.ts";

/** How a subject did, by case id. */
export interface ConformanceReport {
  /** Cases that hold. */
  readonly passed: readonly string[];
  /** Cases that do not apply to the subject, by what it says of itself. */
  readonly skipped: readonly string[];
  /** Cases that do not hold, with what they threw. */
  readonly failed: readonly FailedCase[];
}

/** A case that does not hold. */
export interface FailedCase {
  /** The case's id. */
  readonly id: string;
  /** What it says. */
  readonly title: string;
  /** What it, or the harness, threw. */
  readonly error: unknown;
}

/**
 * Runs cases one after another, each on a fresh subject, without any test runner. It rejects only when no case can
 * be run at all; failures are in the report.
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
export async function runConformance<S, H extends Harness<S>>(
  cases: readonly ConformanceCase<S, H>[],
  harness: H,
): Promise<ConformanceReport> {
  const passed: string[] = [];
  const skipped: string[] = [];
  const failed: FailedCase[] = [];
  for (const conformanceCase of cases) {
    const { id, title } = conformanceCase;
    try {
      ((await runCase(conformanceCase, harness)) === "passed" ? passed : skipped).push(id);
    } catch (error) {
      failed.push({ id, title, error });
    }
  }
  return { passed, skipped, failed };
}
