/**
 * Conformance suites for every Keelson plug-in interface, and tools to break a storage on purpose.
 *
 * @packageDocumentation
 */

// Running suites
export type { CaseContext, ConformanceCase, Harness, Place } from "./conformance/conformance-case.ts";
export { runCase } from "./conformance/run-case.ts";
export { type ConformanceReport, type FailedCase, runConformance } from "./conformance/run-conformance.ts";

// Suites for storage, whole and in parts
export { storageCases } from "./storage/storage-cases.ts";
export { vectorStoreCases } from "./vector-store/vector-store-cases.ts";
export { strictVectorStoreCases } from "./vector-store/strict.ts";
export { stateStoreCases } from "./state-store/state-store-cases.ts";
export { strictStateStoreCases } from "./state-store/strict.ts";
export { blobStoreCases } from "./blob-store/blob-store-cases.ts";
export { strictBlobStoreCases } from "./blob-store/strict.ts";
export { secretBackendCases } from "./secret-backend/secret-backend-cases.ts";
export { strictSecretBackendCases } from "./secret-backend/strict.ts";

// Suites for the other plug-ins
export { embedderCases, strictEmbedderCases } from "./embedder/embedder-cases.ts";
export { redactorCases, type RedactorExample, type RedactorHarness } from "./redactor/redactor-cases.ts";
export { strictRedactorCases } from "./redactor/abort.ts";
export { detectorCases, type DetectorExample, type DetectorHarness } from "./detector/detector-cases.ts";
export { chunkerCases } from "./chunker/chunker-cases.ts";
export {
  evalRunnerCases,
  type EvalRunnerExample,
  type EvalRunnerHarness,
  strictEvalRunnerCases,
} from "./eval-runner/eval-runner-cases.ts";
export { type ClockHarness, clockCases } from "./clock/clock-cases.ts";

// Tools for your own tests
export { createFaultyStorage, type FaultyStorage } from "./tools/faulty-storage.ts";
export {
  type FaultEffect,
  type FaultPlan,
  type StorageCall,
  type StorageOperation,
  writeOperations,
} from "./tools/fault-plan.ts";
export { type CrashPoint, crashPoints, type CrashPointsOptions } from "./tools/crash-points.ts";
export {
  createScriptedEmbedder,
  type EmbedderStep,
  type ScriptedEmbedder,
  type ScriptedEmbedderOptions,
} from "./tools/scripted-embedder.ts";
