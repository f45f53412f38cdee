// node --max-old-space-size=12000 retention.mjs [documents] [dimension]: sweeping the 1% that have expired.
import { bundle } from "./bundle.mjs";
import { createCheapEmbedder } from "./cheap-embedder.mjs";
import { watchLoop } from "./watch-loop.mjs";

const documents = Number(process.argv[2] ?? 1_000_000);
const dimension = Number(process.argv[3] ?? 8);
const { createIndex, createMemoryStorage } = await bundle();

const index = await createIndex({
  ...createMemoryStorage(),
  name: "docs",
  embedder: createCheapEmbedder(dimension),
  redactor: "none",
});
const nowMs = Date.now();
function* source() {
  for (let n = 0; n < documents; n++) {
    // The order in which they expire is another one than that of their ids.
    const i = (n * 7919) % documents;
    yield {
      id: `document-${i}`,
      text: `text ${i}`,
      expiresAtMs: n % 100 === 0 ? nowMs - 1000 + (i % 500) : nowMs + 1e9 + i,
    };
  }
}
await index.upsert(source());
// What loading has left is not to be cleared away while the sweep is measured.
globalThis.gc?.();

const { result, ms, longest } = await watchLoop(() => index.sweepExpired());
console.log(`${documents} documents, ${result.removed.length} swept in ${ms.toFixed(0)} ms`);
console.log(`  per 10,000 swept: ${((ms * 10_000) / result.removed.length).toFixed(1)} ms (target 20 ms)`);
console.log(`  longest block of the event loop: ${longest.toFixed(1)} ms (target 10 ms)`);

const none = await watchLoop(() => index.sweepExpired());
console.log(`  with nothing to sweep: ${none.ms.toFixed(1)} ms`);

// The floor: the same number of entries of a plain Map, found by reading all of it.
const map = new Map(
  Array.from({ length: documents }, (_, i) => [`document-${i}`, { at: i % 100 === 0 ? 0 : 1 }]),
);
const startedAt = performance.now();
for (const [id, { at }] of map) if (at === 0) map.delete(id);
console.log(`  a plain Map, scanned in one block: ${(performance.now() - startedAt).toFixed(1)} ms`);
