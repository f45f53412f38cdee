// node memory.mjs [documents]: the memory that a process needs for a sync of documents of 1 kB, but for their vectors.
import { bundle } from "./bundle.mjs";
import { createCheapEmbedder } from "./cheap-embedder.mjs";

const documents = Number(process.argv[2] ?? 1_000_000);
const BODY = "lorem ipsum dolor sit amet ".repeat(37);
const { createIndex, createMemoryStorage } = await bundle();

/** Forgets what it is given, so that what is measured is the index and its ledger. */
const forgetful = {
  ...createMemoryStorage().vectors,
  open: () => ({ upsert() {}, delete() {}, get: (ids) => ids.map(() => undefined), query: () => [] }),
};
function* source() {
  for (let i = 0; i < documents; i++) yield { id: `document-${i}`, text: `${i} ${BODY}` };
}
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;

console.log(`${documents} documents of 1 kB; the aim: 1 GB for a million`);
const index = await createIndex({
  ...createMemoryStorage(),
  vectors: forgetful,
  name: "docs",
  embedder: createCheapEmbedder(4),
  redactor: "none",
});
let highest = 0;
const onProgress = () => {
  highest = Math.max(highest, process.memoryUsage.rss());
};
for (const what of ["cold", "no-op"]) {
  await index.sync(source(), { mode: "full", onProgress });
  const heap = megabytes(process.memoryUsage().heapUsed);
  console.log(`after a ${what} sync: ${megabytes(highest)} at the most, heap ${heap}`);
}
