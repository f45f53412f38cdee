/** Is what was removed gone from the medium (`physical`), or can the adapter only hide it (`logical`)? */
export type Removal = "physical" | "logical";

/**
 * What an erasure found and removed, as JSON to be kept. It names nobody: what was erased stands in it as keyed digests
 * only.
 */
export type ErasureReceipt = {
  readonly id: string;
  readonly index: string;
  /** What was asked for. */
  readonly by: "ids" | "subject";
  /** In epoch milliseconds. */
  readonly requestedAtMs: number;
  /** When everything was done, in epoch milliseconds. */
  readonly completedAtMs: number;
  /** HMAC-SHA-256 of the ids, and of the subject, by the key of the index: a restore leaves out what they stand for. */
  readonly tombstones: readonly string[];
  /** How many documents were found anywhere. */
  readonly documents: number;
  /** The generations it was found in. */
  readonly generations: readonly {
    readonly generation: number;
    readonly documents: number;
    /** Each had a vector and a text in the vector store. */
    readonly chunks: number;
  }[];
  /** How many records the vector store had beside those that the ledger listed: staged by others, or left over. */
  readonly strayRecords: number;
  /**
   * How many writes were under way, of whatever documents, and were stopped: what they had staged was deleted. One that
   * was about to stage and has not heard of it may still do so, invisibly. It deletes that, and has the storage reclaim,
   * as soon as it goes on; if it dies there, whoever writes to the index or opens it after `leaseMs` does.
   */
  readonly stoppedWrites: number;
  /** The snapshots it was found in, and rewritten without it. */
  readonly snapshots: readonly { readonly snapshotId: string; readonly documents: number }[];
  /** How many packs were rewritten without it, or deleted. */
  readonly packs: number;
  /** Is it gone from the medium? */
  readonly removal: { readonly vectors: Removal; readonly state: Removal; readonly blobs: Removal };
  /** By how many bytes the storage became smaller when it was asked to reclaim. */
  readonly reclaimedBytes: number;
};

/** What was found before anything was removed. */
export type Found = Pick<ErasureReceipt, "documents" | "generations" | "snapshots" | "packs">;
