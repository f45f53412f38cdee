import type { Json } from "./shared-types.ts";

/** The index a bundle answers from: one generation of it, or a snapshot. */
export type BundleIndex =
  | { readonly name: string; readonly generation: number }
  | { readonly name: string; readonly snapshot: string };

/** The embedder that a bundle's queries are embedded with. An `Embedder` is one. */
export interface BundleEmbedder {
  /** Its id: another one means other vectors. */
  readonly id: string;
  /** Length of its vectors. */
  readonly dimension: number;
}

/**
 * All that makes a version of a RAG system, so that it moves together: no rollback leaves a prompt with another
 * version's index. Immutable; its id is the hash of its canonical JSON (RFC 8785), so equal bundles are one.
 */
export interface Bundle {
  /** The prompt itself, or what names it. */
  readonly prompt: Json;
  /** The model with its parameters, or what names it. */
  readonly model: Json;
  /** The index it answers from. */
  readonly index?: BundleIndex | undefined;
  /** What its queries are embedded with. Where it is told, it must fit the index. */
  readonly embedder?: BundleEmbedder | undefined;
  /** Whatever else the version needs: retriever settings, tool lists. */
  readonly config?: Json | undefined;
}
