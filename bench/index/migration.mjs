// node migration.mjs [documents]: an index moves to another embedder while it is queried without a pause (B12).
import { bundle } from "./bundle.mjs";
import { createCheapEmbedder } from "./cheap-embedder.mjs";
import { documentAt, documents } from "./corpus.mjs";

const count = Number(process.argv[2] ?? 20_000);
const { createIndex, createMemoryStorage } = await bundle();
const [old, next] = [createCheapEmbedder(256), createCheapEmbedder(384)];
const index = await createIndex({
  ...createMemoryStorage(),
  name: "docs",
  embedder: old,
  embedders: [next],
  redactor: "none",
});
await index.upsert(documents(count));

/** Asks for one document by its own text: its score is 1 where query and vectors are of one embedder, and only there. */
async function ask(n, tally) {
  const { id, text } = documentAt((n * 7919) % count);
  const startedAt = performance.now();
  try {
    const [best] = await index.query(text, { topK: 1 });
    if (best?.id !== id || best.score < 0.999) tally.mixed += 1;
  } catch {
    tally.failed += 1;
  }
  tally.ms.push(performance.now() - startedAt);
}

async function watch(until) {
  const tally = { ms: [], failed: 0, mixed: 0 };
  for (let n = 0; !until(); n += 1) {
    await ask(n, tally);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return tally;
}

const row = (what, { ms, failed, mixed }) => {
  ms.sort((a, b) => a - b);
  const at = (share) => (ms[Math.floor(ms.length * share)] ?? 0).toFixed(1);
  console.log(
    `${what}: ${ms.length} queries, ${failed} failed, ${mixed} mixed (target 0, 0); p50 ${at(0.5)}, p99 ${at(0.99)} ms`,
  );
};

const beforeUntil = performance.now() + 3000;
row("before", await watch(() => performance.now() > beforeUntil));
let done = false;
const startedAt = performance.now();
const moving = index.rebuild({ embedder: next }).finally(() => {
  done = true;
});
row("while it moves", await watch(() => done));
await moving;
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const { embedder, documents: held } = await index.status();
console.log(`moved in ${seconds} s: ${held} documents by ${embedder}`);
const afterUntil = performance.now() + 3000;
row("after", await watch(() => performance.now() > afterUntil));
