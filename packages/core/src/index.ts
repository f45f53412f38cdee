/**
 * Interfaces, value types, errors and the system clock of Keelson. It has no dependency, does no I/O, and runs
 * anywhere. Write a plug-in against it; use Keelson through the other packages.
 *
 * @packageDocumentation
 */

// The shapes everything is made of
export type {
  AbortOptions,
  AnyIterable,
  Awaitable,
  ExpectedRevision,
  Json,
  JsonObject,
  Metadata,
  PageOptions,
  Revision,
} from "./shared-types.ts";

// Storage
export type { ReclaimResult, Storage } from "./storage.ts";
export type {
  VectorCollection,
  VectorCollectionInfo,
  VectorCollectionOptions,
  VectorMatch,
  VectorMetric,
  VectorQueryOptions,
  VectorRecord,
  VectorStore,
  VectorStoreCapabilities,
} from "./vector-store.ts";
export type {
  StateChange,
  StateCheck,
  StateCommit,
  StateDelete,
  StateEntry,
  StatePut,
  StateScanOptions,
  StateStore,
} from "./state-store.ts";
export { scanState } from "./scan-state.ts";
export type { BlobInfo, BlobPutOptions, BlobStore } from "./blob-store.ts";
export type {
  SecretBackend,
  SecretBackendCapabilities,
  SecretRecord,
  SecretWriteOptions,
} from "./secret-backend.ts";

// The other plug-ins
export type { Embedder } from "./embedder.ts";
export type { Finding, Redaction, Redactor } from "./redactor.ts";
export type { Detector, DetectorMatch, DetectorTrigger, DetectorWindow } from "./detector.ts";
export type { Chunk, Chunker } from "./chunker.ts";
export type { EvalCase, EvalResult, EvalRunner } from "./eval-runner.ts";
export type { Bundle, BundleEmbedder, BundleIndex } from "./bundle.ts";
export type { IndexControl, IndexTarget } from "./index-control.ts";
export type { Clock } from "./clock.ts";

// Values
export { systemClock } from "./system-clock.ts";
export { Secret, type SecretRef } from "./secret.ts";
export type { FieldFilter, Filter, FilterPredicate, FilterScalar } from "./filter.ts";
export { compileFilter } from "./compile-filter.ts";

// Errors
export {
  type AnyKeelsonError,
  isKeelsonError,
  KeelsonError,
  type KeelsonErrorOptions,
} from "./keelson-error.ts";
export { type ErrorCode, type ErrorDetails, errorCodes } from "./error-codes.ts";

// Tools, for those who write plug-ins
export { assertId, assertKey, assertUniqueIds } from "./assert-id.ts";
export { assertTopK, assertVector, isFiniteVector } from "./assert-vector.ts";
export { assertJson, ownJson } from "./assert-json.ts";
export { assertObject } from "./assert-object.ts";
export { assertSecret } from "./assert-secret.ts";
export { argumentInvalid } from "./argument-invalid.ts";
export { secretConflict, secretUnreadable } from "./secret-errors.ts";
export { orAbort } from "./or-abort.ts";
export { visibleText } from "./visible-text.ts";
export { type TimeoutOptions, withTimeout } from "./with-timeout.ts";
export { assertSpecVersion, type VersionedPlugin } from "./spec-version.ts";
