/**
 * Release operations: an immutable registry of bundles, a canary against the live version, a ramp on live evidence,
 * one-call rollback, a synchronous router, and an audit log that shows tampering.
 *
 * @packageDocumentation
 */

// The manager
export { createReleaseManager } from "./create-release-manager.ts";
export type {
  ReleaseManager,
  ReleaseManagerOptions,
  ReleaseOptions,
  ReleaseResult,
} from "./release-manager.ts";
export type { Release } from "./release.ts";
export type { RegisterOptions } from "./register.ts";
export { bundleId } from "./bundle-id.ts";

// Judging
export type { CanaryOptions, CanaryProgress } from "./canary.ts";
export type { CanaryEvidence, CanarySide, CaseComparison, Verdict } from "./verdict.ts";
export type { Gate, GateDecision, GateEvidence, GateProgress, ScoredPair, VerdictKind } from "./gate.ts";
export type { Comparison, Guard, GuardEvidence, GuardReport, Sample, SideTaken } from "./guard.ts";
export { type PointEstimateOptions, type PointEstimateState, pointEstimate } from "./point-estimate.ts";
export { provableMargin } from "./provable-margin.ts";

// Moving traffic
export type { MoveResult, PromoteOptions, RollbackOptions } from "./promote.ts";
export type { Assignment, Router, RouterOptions } from "./router.ts";
export type { Observation, ObserveResult, Ramp, RampOptions, RampSide, RampStatus } from "./ramp.ts";
export type { BreachRule, RampPlan } from "./ramp-settings.ts";
export { murmur3 } from "./murmur3.ts";

// What happened
export type { AuditAnchor, AuditEvent, AuditEventFacts, AuditEventType } from "./audit-event.ts";
export type { HistoryOptions } from "./history.ts";
export type { AuditReport, VerifyAuditOptions } from "./verify-audit.ts";
