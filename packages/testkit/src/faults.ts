/**
 * Plug-ins that are wrong, each in one way: what a suite is worth shows in what it catches.
 *
 * @packageDocumentation
 */

export { blobStoreFaults } from "./faults/blob-store-faults.ts";
export { chunkerFaults } from "./faults/chunker-faults.ts";
export { clockFaults } from "./faults/clock-faults.ts";
export { detectorFaults } from "./faults/detector-faults.ts";
export { embedderFaults } from "./faults/embedder-faults.ts";
export { evalRunnerFaults } from "./faults/eval-runner-faults.ts";
export type { Fault } from "./faults/fault.ts";
export { redactorFaults } from "./faults/redactor-faults.ts";
export { secretBackendFaults } from "./faults/secret-backend-faults.ts";
export { stateStoreFaults } from "./faults/state-store-faults.ts";
export { storageFaults } from "./faults/storage-faults.ts";
export { vectorStoreFaults } from "./faults/vector-store-faults.ts";
