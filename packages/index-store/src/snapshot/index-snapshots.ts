import type { AbortOptions } from "@keelson/core";
import type { DrillOptions, ForgetOptions } from "../call-options.ts";
import type { ProgressOptions } from "../progress.ts";
import type { DrillReport } from "./drill-snapshot.ts";
import type { ForgetPolicy, ForgetReport } from "./forget-snapshots.ts";
import type { ListedSnapshot } from "./list-snapshots.ts";
import type { Snapshot } from "./manifest.ts";
import type { RestoreResult } from "./restore-snapshot.ts";
import type { VerifyReport } from "./verify-snapshot.ts";

/** The snapshots of an index: into the blob store and back, proven. */
export interface IndexSnapshots {
  /**
   * Takes a snapshot of the live generation into the blob store. What has not changed since an earlier one is not
   * written again. Documents that others write meanwhile are in it as they were or as they became, each whole. Snapshots
   * are taken, forgotten and rewritten one after the other, whoever asks.
   *
   * @throws KeelsonError VECTORS_MISSING when the vector store has lost what the ledger lists.
   * @throws KeelsonError LEASE_LOST when this handle stood still for so long that another took its turn.
   */
  snapshot(options?: ProgressOptions): Promise<Snapshot>;

  /**
   * All snapshots of the index, oldest first, with their newest drills.
   *
   * @throws KeelsonError SNAPSHOT_CORRUPT when the manifest of one is not what was written.
   */
  snapshots(options?: AbortOptions): Promise<ListedSnapshot[]>;

  /**
   * Reads every object of a snapshot and compares it with what was written. A flipped bit, a missing or swapped object
   * is in the report with its name; it does not reject.
   *
   * @throws KeelsonError SNAPSHOT_NOT_FOUND
   */
  verify(snapshotId: string, options?: ProgressOptions): Promise<VerifyReport>;

  /**
   * Proves that a snapshot can be restored: restores it into scratch beside the index, compares the digest, puts probe
   * queries to it and compares the answers with an exact search over what the snapshot holds. The scratch is deleted
   * afterwards; the result is remembered beside the snapshot, good or bad. What is damaged is in the report; it does
   * not reject. It needs as much room as a restore.
   *
   * @throws KeelsonError SNAPSHOT_NOT_FOUND
   * @throws KeelsonError EMBEDDER_MISMATCH when a probe is a text, and another embedder made the snapshot.
   * @throws KeelsonError REDACTION_FAILED or EMBEDDING_FAILED when such a probe could not be embedded, in as many attempts
   * as a write makes. It says nothing of the snapshot, and nothing is remembered.
   */
  drill(snapshotId: string, options?: DrillOptions): Promise<DrillReport>;

  /**
   * Makes the index equal to a snapshot: what came later is gone, what was removed is back, and what has expired by
   * now is back but hidden. It is built beside the live generation, read back and compared with the digest; only then
   * the pointer moves. When it rejects or is aborted, the live generation is as it was.
   *
   * @throws KeelsonError SNAPSHOT_NOT_FOUND
   * @throws KeelsonError SNAPSHOT_CORRUPT naming the object that is missing or damaged.
   * @throws KeelsonError EMBEDDER_MISMATCH when another embedder made it: open the index with that one.
   * @throws KeelsonError STATE_CONFLICT when another restore or migration came between.
   */
  restore(snapshotId: string, options?: ProgressOptions): Promise<RestoreResult>;

  /**
   * Forgets snapshots by a policy, and deletes the packs that none of the others needs. What is pinned stays, and so
   * does the newest snapshot whose drill went well. When it rejects or is aborted, each snapshot is there whole or gone,
   * and calling again does the rest.
   *
   * @throws KeelsonError ARGUMENT_INVALID when no rule keeps anything, or one is not a whole number.
   * @throws KeelsonError SNAPSHOT_NOT_FOUND naming one of `snapshotIds`.
   * @throws KeelsonError SNAPSHOT_CORRUPT when the manifest of one that stays is damaged, so that nobody knows what it
   * needs: forget that one by its id.
   */
  forget(policy: ForgetPolicy, options?: ForgetOptions): Promise<ForgetReport>;
}
