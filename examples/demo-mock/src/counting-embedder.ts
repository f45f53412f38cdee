import type { Embedder } from "@keelson/core";

/** An embedder that counts what it is asked for. */
export interface CountingEmbedder extends Embedder {
  /** How many texts were embedded since the last call of this. */
  takeCount(): number;
}

/** Wraps an embedder, so that the story can show what was embedded and what was not. */
export function createCountingEmbedder(embedder: Embedder): CountingEmbedder {
  let count = 0;
  return {
    ...embedder,
    embed: (texts, options) => {
      count += texts.length;
      return embedder.embed(texts, options);
    },
    takeCount: () => {
      const taken = count;
      count = 0;
      return taken;
    },
  };
}
