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
export { blobStoreCases } from "./blob-store/blob-store-cases.ts";
export { secretBackendCases } from "./secret-backend/secret-backend-cases.ts";
export { embedderCases, strictEmbedderCases } from "./embedder/embedder-cases.ts";
export { type ClockHarness, clockCases } from "./clock/clock-cases.ts";
