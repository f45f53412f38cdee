// Documents from a seed: about 1 kB of text each, with metadata. The same for every contender.
import { createHash } from "node:crypto";

const WORDS = Array.from({ length: 4096 }, (_, n) =>
  createHash("sha256")
    .update(`word ${n}`)
    .digest("base64")
    .replace(/[^a-z]/g, "")
    .padEnd(4, "e")
    .slice(0, 9),
);

/** Document `n` in its version `version`: id, text, metadata and an etag. */
export function documentAt(n, version = 0) {
  let state = (n * 2654435761 + version * 40503 + 1) >>> 0;
  const words = [];
  for (let i = 0; i < 160; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words.push(WORDS[state >>> 20]);
  }
  return {
    id: `doc-${n}`,
    text: words.join(" "),
    metadata: { source: `doc-${n}`, team: `team-${n % 10}` },
    version: `${n}.${version}`,
  };
}

/** `count` documents; one in a hundred of them in its second version when `changed`. */
export function* documents(count, changed = false) {
  for (let n = 0; n < count; n += 1) yield documentAt(n, changed && n % 100 === 7 ? 1 : 0);
}

/** Costs next to nothing, so that the rest is what is measured. Counts what it embeds. */
export function createCountingEmbedder(dimension) {
  const embedder = {
    texts: 0,
    embed(texts) {
      embedder.texts += texts.length;
      return texts.map((text) => {
        const vector = new Float32Array(dimension);
        for (let i = 0; i < 16; i += 1) vector[(i * 23) % dimension] = text.charCodeAt(i * 7) || 1;
        return vector;
      });
    },
  };
  return embedder;
}
