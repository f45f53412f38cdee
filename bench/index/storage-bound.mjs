// The calls that a cold sync makes of storage in memory, and the digests it cannot do without, and nothing else:
// node storage-bound.mjs [documents]
import { createHash } from "node:crypto";
import { bundle } from "./bundle.mjs";
import { createCountingEmbedder, documents } from "./corpus.mjs";

const BATCH = 256;
const DIMENSION = 384;

const digest = (text) => createHash("sha256").update(text).digest("base64url");
const { createMemoryStorage } = await bundle();
const corpus = [...documents(Number(process.argv[2] ?? 100_000))];
const embedder = createCountingEmbedder(DIMENSION);
const { state, vectors } = createMemoryStorage();
const collection = await vectors.open("bench@1", { dimension: DIMENSION, metric: "cosine" });
const keyOf = ({ id }) => `index/bench/g/1/doc/${id}`;

const start = process.cpuUsage();
for (let from = 0; from < corpus.length; from += BATCH) {
  const batch = corpus.slice(from, from + BATCH);
  await state.get(batch.map(keyOf));
  const rows = batch.map(({ text }, i) => ({
    hash: digest(text),
    id: `0123456789abcdef.write-${from}.${i}`,
  }));
  const intent = `index/bench/intent/${from}`;
  await state.commit([{ key: intent, value: { staged: rows.map(({ id }) => id) }, expect: "absent" }]);
  const embedded = embedder.embed(batch.map(({ text }) => text));
  await collection.upsert(
    batch.map(({ id, text, metadata }, i) => ({
      id: rows[i].id,
      vector: embedded[i],
      text,
      metadata: { "keelson:document": id, ...metadata },
    })),
  );
  const entries = batch.map((document, i) => {
    const { id, hash } = rows[i];
    const { metadata, text } = document;
    const chunks = [{ id, hash, start: 0, end: text.length }];
    const value = { text: hash, redactor: "none", chunker: "whole@1", metadata, chunks };
    return { key: keyOf(document), value, expect: "absent" };
  });
  await state.commit([{ key: intent, delete: true }, ...entries]);
}
const { user, system } = process.cpuUsage(start);
console.log(`${corpus.length} documents: ${((user + system) / 1e6).toFixed(2)} CPU seconds`);
process.exit(0);
