/** The methods of a storage, as a plan and the list of calls name them. */
export type StorageOperation =
  | "vectors.open"
  | "vectors.list"
  | "vectors.drop"
  | "vectors.upsert"
  | "vectors.delete"
  | "vectors.get"
  | "vectors.query"
  | "vectors.scan"
  | "state.get"
  | "state.scan"
  | "state.commit"
  | "blobs.put"
  | "blobs.get"
  | "blobs.stat"
  | "blobs.list"
  | "blobs.delete"
  | "secrets.read"
  | "secrets.write"
  | "secrets.list"
  | "secrets.delete"
  | "storage.reclaim";

/** One call that reached a faulty storage. */
export interface StorageCall {
  /** Its place among all calls, from 1. */
  readonly number: number;
  /** What was called. */
  readonly operation: StorageOperation;
  /** Its place among the calls that the plan counts, from 1; `undefined` where it is not one of them. */
  readonly step: number | undefined;
}

/**
 * What happens at the chosen call.
 *
 * - `fail`: it rejects, and has had no effect. Later calls work.
 * - `fail-after`: it takes effect, and rejects all the same, as when the answer is lost on the way.
 * - `kill`: it rejects without effect, and so does every call after it, as when the process dies before it.
 * - `kill-after`: it takes effect, and it and every call after it reject, as when the process dies behind it.
 * - `kill-within`: of `vectors.upsert` and `vectors.delete`, which need not be atomic, the first half takes effect;
 *   other calls are atomic and have none. It and every call after it reject.
 * - `hold`: it waits until it is released, and then goes on. Others are not held.
 * - `hold-after`: it takes effect, and its answer waits until it is released.
 */
export type FaultEffect =
  | "fail"
  | "fail-after"
  | "kill"
  | "kill-after"
  | "kill-within"
  | "hold"
  | "hold-after";

/** Which call of a storage goes wrong, and how. */
export interface FaultPlan {
  /** The step at which it happens, from 1, of the calls that count. */
  readonly at: number;
  /** What happens. Default `fail`. */
  readonly effect?: FaultEffect | undefined;
  /** Which calls count. Default: all. */
  readonly on?: readonly StorageOperation[] | undefined;
  /** How many calls in a row go wrong, for those that kill nothing. Default 1. */
  readonly times?: number | undefined;
  /** What the call rejects with. Default: an `Error` that names step and operation, and is in `cause` of nothing else. */
  readonly error?: unknown;
}

/** All operations that write. As `on`, it tries every moment at which a crash can leave another state behind. */
export const writeOperations: readonly StorageOperation[] = Object.freeze([
  "vectors.open",
  "vectors.drop",
  "vectors.upsert",
  "vectors.delete",
  "state.commit",
  "blobs.put",
  "blobs.delete",
  "secrets.write",
  "secrets.delete",
  "storage.reclaim",
] as const);
