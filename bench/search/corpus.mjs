// Vectors made up from a seed, around a few hundred centres, as embeddings of documents lie.

/** A generator of numbers from -1 to 1 (mulberry32), so that every run sees the same vectors. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

/** Normalised rows side by side, queries beside them, and which tenth each row belongs to. */
export function corpus({ rows, dimension, queries }) {
  const next = random(1);
  const centres = Array.from({ length: 300 }, () => Float32Array.from({ length: dimension }, next));
  const write = (flat, row) => {
    const centre = centres[Math.floor(((next() + 1) / 2) * centres.length)];
    const vector = flat.subarray(row * dimension, (row + 1) * dimension);
    for (let i = 0; i < dimension; i++) vector[i] = centre[i] + 1.5 * next();
    const length = Math.hypot(...vector);
    for (let i = 0; i < dimension; i++) vector[i] /= length;
  };
  const flat = new Float32Array(rows * dimension);
  for (let row = 0; row < rows; row++) write(flat, row);
  const asked = new Float32Array(queries * dimension);
  for (let row = 0; row < queries; row++) write(asked, row);
  return {
    rows,
    dimension,
    flat,
    row: (n) => flat.subarray(n * dimension, (n + 1) * dimension),
    id: (n) => `doc-${String(n).padStart(6, "0")}`,
    tenth: (n) => (n * 7) % 10,
    queries: Array.from({ length: queries }, (_, n) => asked.slice(n * dimension, (n + 1) * dimension)),
  };
}
