/**
 * Secrets that are rotated without an outage: numbered versions, and a window in which the replaced one is accepted
 * beside the new one.
 *
 * @packageDocumentation
 */

export { createSecretStore } from "./create-secret-store.ts";
export type {
  ChangeOptions,
  ExpireGraceResult,
  GetOptions,
  OverlapPolicy,
  PutOptions,
  PutResult,
  RotateOptions,
  RotateResult,
  RotationStatus,
  SecretStatus,
  SecretStore,
  SecretStoreOptions,
  VerifyAccepted,
  VerifyRefused,
  VerifyResult,
  VersionStatus,
} from "./secret-store.ts";
export type { CandidateContext, RotationContext, RotationHooks } from "./rotation-hooks.ts";
export type { RotationPhase, SecretKind, VersionStage } from "./stored-secret.ts";
export type { AuditAction, AuditEvent, AuditReport } from "./audit.ts";
