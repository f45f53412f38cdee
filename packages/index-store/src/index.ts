/**
 * The life of a RAG index: redaction on write, staleness and selective re-embedding, expiry, snapshots and restore,
 * with a ledger that says what is visible.
 *
 * @packageDocumentation
 */

export { createIndex } from "./create-index.ts";
export { formatPlan } from "./plan.ts";
export { fromTextSplitter } from "./from-text-splitter.ts";
export type { IndexOptions } from "./index-options.ts";
export type { CheckOptions, DrillOptions, ForgetOptions, ReconcileOptions } from "./call-options.ts";
export type { Index } from "./index-type.ts";
export type { IndexSnapshots } from "./snapshot/index-snapshots.ts";

// What goes in
export type { DocumentSource, SourceDocument } from "./documents.ts";
export type { FromTextSplitterOptions, TextSplitterLike } from "./from-text-splitter.ts";
export type { EmbeddingOptions } from "./embedding-options.ts";
export type { ApplyOptions } from "./apply-plan.ts";
export type { FormatPlanOptions } from "./plan.ts";
export type { PlanOptions } from "./plan-sync.ts";
export type { RebuildOptions } from "./rebuild-index.ts";
export type { RebuildPipeline } from "./rebuild.ts";
export type { SyncMode, SyncOptions } from "./sync-documents.ts";
export type { DrillProbes } from "./snapshot/drill-snapshot.ts";
export type { ErasureRequest } from "./erase/erase-documents.ts";
export type { ForgetPolicy } from "./snapshot/forget-snapshots.ts";
export type { KeepRules } from "./snapshot/keep-rules.ts";
export type { IndexQueryOptions } from "./query.ts";

// What comes out
export type { DocumentFailure, WriteResult } from "./write-result.ts";
export type { RemoveResult, SweepResult } from "./remove-documents.ts";
export type { TouchOptions, TouchResult } from "./touch-documents.ts";
export type { IndexMatch } from "./query.ts";
export type { IndexedChunk, IndexedDocument, IndexStatus } from "./read-index.ts";
export type { GenerationInfo } from "./list-generations.ts";
export type { RebuildResult } from "./rebuild-index.ts";
export type { Plan, PlannedChange } from "./plan.ts";
export type { Outcome, StaleReason } from "./diff.ts";
export type { DocumentProgress, IndexProgress, ProgressOptions, ProgressTask } from "./progress.ts";
export type { LeaseTask } from "./lease.ts";
export type { Explanation } from "./staleness.ts";
export type { Snapshot } from "./snapshot/manifest.ts";
export type { ListedSnapshot } from "./snapshot/list-snapshots.ts";
export type { SnapshotFault, VerifyReport } from "./snapshot/verify-snapshot.ts";
export type { DrillReport, ProbeReport } from "./snapshot/drill-snapshot.ts";
export type { DrillRecord } from "./snapshot/drill-records.ts";
export type { ForgetReport } from "./snapshot/forget-snapshots.ts";
export type { KeepReason } from "./snapshot/keep-rules.ts";
export type { FaultCount, ReconcileReport } from "./reconcile/reconcile-index.ts";
export type { ErasureReceipt, Removal } from "./erase/receipt.ts";
export type { RestoreResult } from "./snapshot/restore-snapshot.ts";
export type { Counts } from "./ledger.ts";
