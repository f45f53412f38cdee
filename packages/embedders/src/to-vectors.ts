import { embeddingFailed } from "./embedding-failed.ts";

/**
 * Turns a service's lists of numbers into vectors, if they are what was asked for: one finite vector of that dimension
 * a text. A wrong shape is not retryable: it will be wrong again.
 */
export function toVectors(
  lists: unknown,
  expected: { readonly embedder: string; readonly texts: number; readonly dimension: number },
): Float32Array[] {
  const { embedder, texts, dimension } = expected;
  const refuse = (reason: string): Error => embeddingFailed({ embedder, texts, reason, retryable: false });
  if (!Array.isArray(lists) || lists.length !== texts) {
    throw refuse(`it gave ${Array.isArray(lists) ? lists.length : "no list of"} vectors`);
  }
  // Not map: it skips holes.
  return Array.from(lists, (list: unknown) => {
    if (!Array.isArray(list) && !(list instanceof Float32Array))
      throw refuse("it gave something else than a vector");
    if (list.length !== dimension) throw refuse(`it gave dimension ${list.length}, expected ${dimension}`);
    // Before the conversion, which would take null for 0; after it, since float32 may overflow.
    if (!list.every(Number.isFinite)) throw refuse("it gave something else than a finite number");
    const vector = Float32Array.from(list as ArrayLike<number>);
    if (!vector.every(Number.isFinite)) throw refuse("it gave a number beyond float32");
    return vector;
  });
}
