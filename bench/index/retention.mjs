// node --expose-gc --max-old-space-size=12000 retention.mjs [documents] [dimension]: sweeping the 1% that have expired.
import { bundle } from "./bundle.mjs";
import { createCheapEmbedder } from "./cheap-embedder.mjs";
import { createPlainMaps } from "./plain-maps.mjs";
import { watchLoop } from "./watch-loop.mjs";

const documents = Number(process.argv[2] ?? 1_000_000);
const dimension = Number(process.argv[3] ?? 8);
const DAY_MS = 86_400_000;
const DAYS = 5;
const startMs = Date.now();
const { createIndex, createMemoryStorage, systemClock } = await bundle();

function* source() {
  for (let n = 0; n < documents; n++) {
    // The order in which they expire is another one than that of their ids.
    const i = (n * 7919) % documents;
    const expiresAtMs = startMs + (n % 100) * DAY_MS + 1000 + (i % 500);
    yield { id: `document-${i}`, text: `text ${i}`, expiresAtMs };
  }
}
/** What loading has left is not to be cleared away while a sweep is measured, nor by the threads that go on with it. */
async function settle() {
  globalThis.gc?.();
  await new Promise((resolve) => setTimeout(resolve, 2000));
}
/** Each day 1% expire. What the first sweep of a process runs is not compiled yet. */
async function measure(what, sweep) {
  await settle();
  for (let day = 1; day <= DAYS; day++) {
    nowMs = startMs + 2000 + (day - 1) * DAY_MS;
    const { result, ms, longest } = await watchLoop(sweep);
    const each = ((ms * 10_000) / result.length).toFixed(1);
    const block = longest.toFixed(1);
    console.log(`${what}, day ${day}: ${each} ms for 10,000 of ${result.length}, longest block ${block} ms`);
  }
}

console.log(`${documents} documents; the aim: 20 ms for 10,000, no block of the event loop above 10 ms`);
let nowMs = startMs;
const index = await createIndex({
  ...createMemoryStorage(),
  name: "docs",
  embedder: createCheapEmbedder(dimension),
  redactor: "none",
  clock: { ...systemClock, now: () => nowMs },
});
await index.upsert(source());
await settle();
// What is not the sweep's: to watch the loop makes a little garbage, and each collection of it passes over the heap.
const rest = await watchLoop(() => new Promise((resolve) => setTimeout(resolve, 500)));
console.log(`the same heap without a sweep, for half a second: longest block ${rest.longest.toFixed(1)} ms`);
await measure("keelson", async () => (await index.sweepExpired()).removed);
const none = await watchLoop(() => index.sweepExpired());
console.log(`keelson, nothing to sweep: ${none.ms.toFixed(1)} ms`);

const plain = createPlainMaps(source());
await measure("plain maps", async () => plain.sweep(nowMs));
