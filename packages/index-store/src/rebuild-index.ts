import { assertSpecVersion } from "@keelson/core";
import { assertEmbedder } from "./assert-embedder.ts";
import { createBreather } from "./breather.ts";
import { isConflict } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { generationNotFound } from "./generations.ts";
import { readHead } from "./head.ts";
import { withLive } from "./index-control.ts";
import type { ProgressOptions } from "./progress.ts";
import { buildGeneration, type RebuildPipeline } from "./rebuild.ts";
import { createWriteSums } from "./write-result.ts";

/** What {@link Index.rebuild} takes: what is to be another. The rest stays as it is, document by document. */
export interface RebuildOptions extends ProgressOptions, RebuildPipeline {
  /** Make the new generation the live one at the end. Otherwise it is kept beside it, as it is then. Default `true`. */
  readonly live?: boolean | undefined;
}

/** What {@link Index.rebuild} did. */
export interface RebuildResult {
  /** The new generation's number. */
  readonly generation: number;
  /** How many documents were made anew; those written meanwhile count each time. */
  readonly documents: number;
  /** How many texts were embedded. */
  readonly embeddedChunks: number;
  /** How many tokens they have, as `countTokens` counts. */
  readonly embeddedTokens: number;
  /** What that cost, where `pricePerMillionTokens` is known. */
  readonly costUsd?: number | undefined;
}

/** Builds a generation for another pipeline; this handle works with that from the swap on. */
export async function rebuildIndex(
  context: IndexContext,
  { live = true, onProgress, signal, ...pipeline }: RebuildOptions,
): Promise<RebuildResult> {
  signal?.throwIfAborted();
  const { embedder = context.embedder, chunker = context.chunker, redactor = context.redactor } = pipeline;
  assertEmbedder(embedder);
  assertSpecVersion(chunker, "Chunker");
  assertSpecVersion(redactor, "Redactor");
  const before = (await readHead(context, signal)).head.live.number;
  const sums = createWriteSums();
  // Known before the swap, so that no query finds a generation that it cannot ask.
  context.known.set(embedder.id, embedder);
  const { number: generation } = await buildGeneration(context, {
    pipeline,
    live,
    sums,
    onProgress,
    breather: createBreather(context.clock),
    signal,
  });
  if (live) {
    const { embedder: oldEmbedder, chunker: oldChunker, redactor: oldRedactor } = context;
    context.pipelines.set(before, { embedder: oldEmbedder, chunker: oldChunker, redactor: oldRedactor });
    Object.assign(context, { embedder, chunker, redactor });
  }
  context.pipelines.set(generation, { embedder, chunker, redactor });
  const { rebuilt: documents, embeddedChunks, embeddedTokens, costUsd } = sums.result(context.embedding);
  return {
    generation,
    documents,
    embeddedChunks,
    embeddedTokens,
    ...(costUsd !== undefined && { costUsd }),
  };
}

/** Makes a generation that is kept the live one; without a number, the one that was live before. */
export async function switchGeneration(
  context: IndexContext,
  generation: number | undefined,
  signal: AbortSignal | undefined,
): Promise<number> {
  signal?.throwIfAborted();
  const { state, keys } = context;
  while (true) {
    const { head, revision } = await readHead(context, signal);
    const number = generation ?? head.previous?.number;
    const next = number === undefined ? undefined : withLive(head, number);
    if (number === undefined || next === undefined) throw generationNotFound(context, number);
    try {
      if (head.live.number !== number)
        await state.commit([{ key: keys.head, value: next, expect: revision }], { signal });
      // Back to what this handle wrote that generation with, or at least to its embedder.
      const embedder = context.known.get(next.live.embedder);
      Object.assign(context, embedder && { embedder }, context.pipelines.get(number));
      return number;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}
