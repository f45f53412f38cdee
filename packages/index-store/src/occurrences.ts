/** Names equal chunks of one document apart: each with how many of the same hash stand before it. */
export function withOccurrence<T extends { readonly hash: string }>(
  chunks: readonly T[],
): { readonly chunk: T; readonly occurrence: number; readonly key: string }[] {
  const seen = new Map<string, number>();
  return chunks.map((chunk) => {
    const occurrence = seen.get(chunk.hash) ?? 0;
    seen.set(chunk.hash, occurrence + 1);
    return { chunk, occurrence, key: `${chunk.hash}#${occurrence}` };
  });
}
