/**
 * Secrets that are rotated without an outage: numbered versions, and a window in which the replaced one is accepted
 * beside the new one.
 *
 * @packageDocumentation
 */

export { createSecretStore } from "./create-secret-store.ts";
export type {
  DueOptions,
  DueRotation,
  RotationFailure,
  OverlapPolicy,
  ResumeOptions,
  ResumeResult,
  RotateOptions,
  RotateResult,
  RotationSchedule,
} from "./rotation-types.ts";
export type { RotationStatus, SecretStatus, VersionStatus } from "./secret-status.ts";
export type {
  ChangeOptions,
  CurrentVersion,
  ExpireGraceOptions,
  ExpireGraceResult,
  GetOptions,
  LiveSecret,
  PutOptions,
  PutResult,
  SecretStore,
  VerifyAccepted,
  VerifyOptions,
  VerifyRefused,
  VerifyResult,
} from "./secret-store.ts";
export type { SecretStoreOptions, SecretStoreSettings, SecretWarning } from "./secret-store-options.ts";
export { createRotationRunner } from "./rotation-runner.ts";
export type {
  RotatedSecret,
  RotationRound,
  RotationRunner,
  RotationRunnerOptions,
} from "./rotation-runner.ts";
export type { CandidateContext, RotationContext, RotationHooks } from "./rotation-hooks.ts";
export type { RotationPhase, SecretKind, VersionStage } from "./stored-secret.ts";
export type { ClockJump } from "./timekeeper.ts";
export type { ConsumerUsage } from "./usage.ts";
export { verifyAudit } from "./audit.ts";
export type { AuditAction, AuditEvent, AuditHead, AuditReport, AuditVerdict } from "./audit.ts";
