const ONE: readonly number[] = [0];

/** How many chunks of the same text stand before each: it names equal chunks of one document apart. */
export function occurrencesOf(chunks: readonly { readonly hash: string }[]): readonly number[] {
  if (chunks.length === 1) return ONE;
  const seen = new Map<string, number>();
  return chunks.map(({ hash }) => {
    const occurrence = seen.get(hash) ?? 0;
    seen.set(hash, occurrence + 1);
    return occurrence;
  });
}
