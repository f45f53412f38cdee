/** An embedder that costs next to nothing, so that what is measured is the index. */
export function createCheapEmbedder(dimension) {
  return {
    specVersion: 1,
    id: `cheap@1:${dimension}`,
    dimension,
    embed: (texts) =>
      texts.map((text) => {
        const vector = new Float32Array(dimension);
        let seed = 1;
        for (let i = 0; i < text.length; i++) seed = (Math.imul(seed, 31) + text.charCodeAt(i)) | 0;
        for (let i = 0; i < dimension; i++) {
          seed = (Math.imul(seed, 1664525) + 1013904223) | 0;
          vector[i] = seed / 2 ** 31;
        }
        return vector;
      }),
  };
}
