import type { ProgressOptions } from "./progress.ts";
import type { DrillProbes } from "./snapshot/drill-snapshot.ts";

/** What the calls take that compare documents with the index. */
export interface CheckOptions extends ProgressOptions {
  /**
   * Look too whether the vector store still has what the ledger lists, and take what it has lost for stale. It reads
   * the vectors of all these documents. Default `false`.
   */
  readonly checkVectors?: boolean | undefined;
}

/** What `drill` takes. */
export interface DrillOptions extends DrillProbes, ProgressOptions {}

/** What `reconcile` takes. */
export interface ReconcileOptions extends ProgressOptions {
  /** Repair what is found. Default `false`. */
  readonly repair?: boolean | undefined;
}

/** What `forget` takes beside the policy. */
export interface ForgetOptions extends ProgressOptions {
  /** Only say what would be forgotten. Default `false`. */
  readonly dryRun?: boolean | undefined;
}
