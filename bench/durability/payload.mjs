// Made-up documents of about 1 kB of text, some metadata and 384 numbers, the same in every run.
export const DIMENSION = 384;

function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function createDocuments(count, seed = 1) {
  const random = generator(seed);
  const words = Array.from({ length: 4000 }, () => Math.floor(random() * 36 ** 7).toString(36));
  return Array.from({ length: count }, (_, n) => {
    let text = "";
    while (text.length < 1000) text += `${words[Math.floor(random() * words.length)]} `;
    return {
      id: `doc-${String(n).padStart(8, "0")}`,
      vector: Float32Array.from({ length: DIMENSION }, () => random() - 0.5),
      text: text.slice(0, 1000),
      metadata: { n, lang: n % 3 === 0 ? "de" : "en", tags: [words[n % 100], words[n % 7]] },
    };
  });
}

/** How many bytes the documents take, with nothing around them. */
export function payloadBytes(documents) {
  return documents.reduce(
    (sum, { id, vector, text, metadata }) =>
      sum +
      vector.byteLength +
      Buffer.byteLength(id) +
      Buffer.byteLength(text) +
      Buffer.byteLength(JSON.stringify(metadata)),
    0,
  );
}
