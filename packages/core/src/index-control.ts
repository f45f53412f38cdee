import type { BundleIndex } from "./bundle.ts";
import type { AbortOptions, Awaitable } from "./shared-types.ts";
import type { StateChange } from "./state-store.ts";

/** What a bundle's index reference stands for. */
export interface IndexTarget {
  /** The id of the embedder that made its vectors. */
  readonly embedder: string;
  /** Length of its vectors. */
  readonly dimension: number;
  /** Whether queries are answered from it now. Always `false` for a snapshot. */
  readonly live: boolean;
}

/**
 * What a release manager needs of an index to keep what its releases refer to, and to move the index together with
 * the rest of a release. Each method but `find` answers with changes for the caller to commit with its own, in the
 * state store that both share; they carry what they expect, so that the commit is refused when the index has moved on.
 * The caller puts the changes of several calls into one commit: no two calls write the same key, but what one writes
 * another may check, of the same revision.
 *
 * The index of `@keelson/index-store` is one.
 */
export interface IndexControl {
  /** The name that bundles refer to. */
  readonly name: string;
  /** What the reference stands for, or `null` where it is gone or never was. */
  find(reference: BundleIndex, options?: AbortOptions): Awaitable<IndexTarget | null>;
  /**
   * Keeps the generation from being dropped, or the snapshot from being forgotten, until `holder` unpins it. A holder
   * pins a reference once; pinning again changes nothing.
   *
   * @throws {@link KeelsonError} INDEX_TARGET_NOT_FOUND where the reference is gone.
   */
  pin(reference: BundleIndex, holder: string, options?: AbortOptions): Awaitable<readonly StateChange[]>;
  /** Lets go of what the holder pinned. Where it pinned nothing, there is nothing to change. */
  unpin(reference: BundleIndex, holder: string, options?: AbortOptions): Awaitable<readonly StateChange[]>;
  /**
   * Makes a generation the one that queries are answered from. Where it is that already, it only checks that it stays so
   * until the commit.
   *
   * @throws {@link KeelsonError} INDEX_TARGET_NOT_FOUND where the generation is gone.
   */
  makeLive(generation: number, options?: AbortOptions): Awaitable<readonly StateChange[]>;
}
