import type { Json, Metadata, Revision, VectorMetric } from "@keelson/core";
import type { Lazy } from "./lazy.ts";

/** One record of an upsert. The vector may still be the caller's: it is copied when the op is applied or encoded. */
export interface UpsertRecord {
  readonly id: string;
  readonly vector: Float32Array;
  /** The square of its length, where whoever made the op has measured it. */
  readonly squaredLength?: number | undefined;
  readonly text: string | undefined;
  /** Frozen, the store's own. */
  readonly metadata: Lazy<Metadata> | undefined;
}

/** One change of a commit: a value that is frozen and the store's own, or `undefined` to delete the key. */
export interface EntryChange {
  readonly key: string;
  readonly value: Lazy<Json> | undefined;
}

/**
 * A change of the store that has been checked and can no longer fail: the one thing the engine applies and a log
 * keeps. The same ops in the same order give the same store.
 */
export type Op =
  | {
      readonly type: "createCollection";
      readonly name: string;
      readonly dimension: number;
      readonly metric: VectorMetric;
    }
  | { readonly type: "dropCollection"; readonly name: string }
  | { readonly type: "upsert"; readonly collection: string; readonly records: readonly UpsertRecord[] }
  | { readonly type: "delete"; readonly collection: string; readonly ids: readonly string[] }
  | { readonly type: "commit"; readonly revision: Revision; readonly changes: readonly EntryChange[] }
  | {
      readonly type: "writeSecret";
      readonly name: string;
      readonly revision: Revision;
      /** What the sealer made of the payload. */
      readonly sealed: string;
    }
  | { readonly type: "deleteSecret"; readonly name: string };
