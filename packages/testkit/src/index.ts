/**
 * Conformance suites for every Keelson plug-in interface, and tools to break a storage on purpose.
 *
 * @packageDocumentation
 */

export type { CaseContext, ConformanceCase, Harness, Place } from "./conformance/conformance-case.ts";
export { runCase } from "./conformance/run-case.ts";
export { type ConformanceReport, runConformance } from "./conformance/run-conformance.ts";

export { stateStoreCases } from "./state-store/state-store-cases.ts";
export { vectorStoreCases } from "./vector-store/vector-store-cases.ts";
