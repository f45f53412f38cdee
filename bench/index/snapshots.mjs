// node snapshots.mjs [documents] [dimension]: a snapshot, another after 1% has changed, and the restore.
import { bundle } from "./bundle.mjs";
import { createCheapEmbedder } from "./cheap-embedder.mjs";

const documents = Number(process.argv[2] ?? 100_000);
const dimension = Number(process.argv[3] ?? 384);
const { createIndex, createMemoryStorage } = await bundle();

const storage = createMemoryStorage();
const index = await createIndex({
  ...storage,
  name: "docs",
  embedder: createCheapEmbedder(dimension),
  redactor: "none",
});
const text = (i, round) => `document ${i} in round ${round}: ${"words of it ".repeat(20)}`;
function* source(round, every) {
  for (let i = 0; i < documents; i += every) yield { id: `document-${i}`, text: text(i, round) };
}

async function timed(work) {
  const startedAt = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - startedAt) / 1000 };
}

async function bytesOf(prefix) {
  let bytes = 0;
  let after;
  while (true) {
    const page = await storage.blobs.list(prefix, { after });
    for (const { size } of page) bytes += size;
    after = page.at(-1)?.key;
    if (after === undefined) return bytes;
  }
}

const row = (what, seconds, bytes) =>
  console.log(
    `${what.padEnd(34)} ${seconds.toFixed(2).padStart(8)} s ${(bytes / 1e6).toFixed(1).padStart(9)} MB`,
  );

row("load", (await timed(() => index.upsert(source(0, 1)))).seconds, 0);
const full = await timed(() => index.snapshot());
const fullBytes = await bytesOf("index/docs/");
row("full snapshot", full.seconds, fullBytes);

await index.upsert(source(1, 100));
const next = await timed(() => index.snapshot());
const nextBytes = (await bytesOf("index/docs/")) - fullBytes;
row("snapshot after 1% has changed", next.seconds, nextBytes);
console.log(
  `  of the full one: ${((100 * next.seconds) / full.seconds).toFixed(1)}% of the time (target 10%), ` +
    `${((100 * nextBytes) / fullBytes).toFixed(2)}% of the bytes (target 3%)`,
);

const verified = await timed(() => index.verify(next.result.id));
row(`verify, ${verified.result.ok ? "well" : "NOT WELL"}`, verified.seconds, verified.result.bytes);
await index.upsert(source(2, 50));
const restored = await timed(() => index.restore(full.result.id));
row("restore", restored.seconds, full.result.bytes);
const after = await index.snapshot();
console.log(`  equals the snapshot: ${after.digest === full.result.digest && after.documents === documents}`);
