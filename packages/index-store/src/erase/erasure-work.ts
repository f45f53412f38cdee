import type { Breather } from "../breather.ts";
import type { Lease } from "../lease.ts";
import type { Progress } from "../progress.ts";

/** What every part of an erasure works with. */
export interface ErasureWork {
  /** Of snapshots. */
  readonly lease: Lease;
  readonly breather: Breather;
  readonly progress: Progress;
}
