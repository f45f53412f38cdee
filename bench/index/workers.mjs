// node workers.mjs [documents]: one full sync, run by one, two and four workers at once over one storage (B11).
import { bundle } from "./bundle.mjs";
import { createCheapEmbedder } from "./cheap-embedder.mjs";
import { documents } from "./corpus.mjs";

const count = Number(process.argv[2] ?? 20_000);
const { createIndex, createMemoryStorage } = await bundle();

for (const workers of [1, 2, 4]) {
  const storage = createMemoryStorage();
  const cheap = createCheapEmbedder(384);
  let embedded = 0;
  // Answers late, so that the workers meet at every batch.
  const embedder = {
    ...cheap,
    embed: async (texts) => {
      embedded += texts.length;
      await new Promise((resolve) => setImmediate(resolve));
      return cheap.embed(texts);
    },
  };
  const handles = [];
  for (let n = 0; n < workers; n += 1)
    handles.push(await createIndex({ ...storage, name: "docs", embedder, redactor: "none" }));
  const startedAt = performance.now();
  const results = await Promise.all(handles.map((index) => index.sync(documents(count), { mode: "full" })));
  const seconds = (performance.now() - startedAt) / 1000;
  const added = results.reduce((sum, result) => sum + result.added, 0);
  const status = await handles[0].status();
  console.log(
    `${workers} workers: ${seconds.toFixed(1)} s, ${added} added of ${count}, ${status.documents} in the index, ` +
      `${(embedded / count).toFixed(3)} embeddings a document (target 1.000)`,
  );
}
