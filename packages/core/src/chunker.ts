import type { Awaitable } from "./shared-types.ts";

/** One piece of a document, embedded and found by itself. */
export interface Chunk {
  /** The text to embed and to return from queries. */
  readonly text: string;
  /** Where it starts in the document's redacted text, in UTF-16 code units, where the chunker knows. */
  readonly start?: number | undefined;
  /** Where it ends, exclusive. */
  readonly end?: number | undefined;
}

/**
 * Cuts a document's redacted text into chunks.
 *
 * @example The smallest plug-in.
 * ```ts
 * import type { Chunker } from "@keelson/core";
 *
 * export const paragraphs = {
 *   specVersion: 1,
 *   id: "paragraphs@1",
 *   chunk: (text) => text.split(/\n\n+/).filter(Boolean).map((paragraph) => ({ text: paragraph })),
 * } satisfies Chunker;
 * ```
 */
export interface Chunker {
  /** The version of this interface that the plug-in was written for. */
  readonly specVersion: 1;
  /** Names the cutting: it must change whenever any chunk could. */
  readonly id: string;
  /**
   * Cuts a text, in reading order. Together the chunks hold every word, and none cuts a character in two. The same
   * text always gives the same chunks; blank ones are never embedded.
   */
  chunk(text: string): Awaitable<Chunk[]>;
}
