import type { Json, Metadata, Revision, VectorMetric } from "@keelson/core";
import type { Lazy } from "./lazy.ts";

/** One value for each of some records, decoded when it is asked for. An array is one. */
export interface Column<T> {
  at(place: number): T | undefined;
}

/** Records of one collection but for their vectors, a column each, by ascending id. */
export interface RowColumns {
  readonly ids: readonly string[];
  readonly texts: Column<string>;
  readonly metadata: Column<Metadata>;
}

/** Records of one collection, a column each, by ascending id. */
export interface RowBlock extends RowColumns {
  /** The vectors behind each other, in the order of `ids`. */
  readonly vectors: Float32Array;
}

/** An entry of the state as it lies in a block. */
export interface BlockEntry {
  readonly key: string;
  readonly value: Lazy<Json>;
  readonly revision: Revision;
}

/** A secret as it lies in a block. */
export interface BlockSecret {
  readonly name: string;
  readonly sealed: string;
  readonly revision: Revision;
}

/**
 * A part of what a store holds, as {@link Engine.contents} gives it and {@link Engine.load} takes it. A collection
 * stands before its rows.
 */
export type Block =
  | {
      readonly type: "collection";
      readonly name: string;
      readonly dimension: number;
      readonly metric: VectorMetric;
      /** About how many records follow: as many as there were then, so that room can be made for all at once. */
      readonly size: number;
    }
  | ({ readonly type: "rows"; readonly collection: string } & RowBlock)
  | { readonly type: "entries"; readonly entries: readonly BlockEntry[] }
  | { readonly type: "secrets"; readonly secrets: readonly BlockSecret[] }
  | { readonly type: "revision"; readonly revision: Revision };
