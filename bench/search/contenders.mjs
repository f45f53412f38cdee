// Who is compared. Each has a name, `query(vector)` and perhaps `queryTenth(vector)`, which give ids, best first.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const require = createRequire(import.meta.url);
const ids = (found) => found.map(({ id }) => id);

/** Keelson's memory storage, bundled from its source; without WebAssembly it takes the plain TypeScript kernel. */
async function keelson(data, topK, { webAssembly = true, quantization = "none" } = {}) {
  const outfile = join(mkdtempSync(join(tmpdir(), "keelson-bench-")), "adapters-memory.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("../../packages/adapters-memory/src/index.ts", import.meta.url))],
    conditions: ["@keelson/source"],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  const { createMemoryStorage } = await import(pathToFileURL(outfile).href);
  const { vectors } = createMemoryStorage({ quantization });
  const host = globalThis.WebAssembly;
  if (!webAssembly) globalThis.WebAssembly = undefined;
  const docs = await vectors.open("docs", { dimension: data.dimension, metric: "cosine" });
  globalThis.WebAssembly = host;
  for (let start = 0; start < data.rows; start += 1000) {
    const batch = Array.from({ length: 1000 }, (_, n) => start + n);
    await docs.upsert(
      batch.map((n) => ({ id: data.id(n), vector: data.row(n), metadata: { tenth: data.tenth(n) } })),
    );
  }
  return {
    name: `keelson${quantization === "none" ? "" : `, ${quantization}`}${webAssembly ? "" : " without WebAssembly"}`,
    query: async (vector) => ids(await docs.query(vector, { topK })),
    queryTenth: async (vector) => ids(await docs.query(vector, { topK, filter: { field: "tenth", eq: 3 } })),
  };
}

/** The bound: what it takes to read all vectors once, in WebAssembly SIMD. */
async function readOnce(data) {
  const wabt = await require("wabt")();
  const text = readFileSync(new URL("read.wat", import.meta.url), "utf8");
  const { buffer } = wabt.parseWat("read.wat", text, { simd: true }).toBinary({});
  const { memory, read } = new WebAssembly.Instance(new WebAssembly.Module(buffer)).exports;
  memory.grow(Math.ceil(data.flat.byteLength / 65536));
  new Float32Array(memory.buffer).set(data.flat);
  return { name: "reading the memory once", query: async () => void read(0, data.flat.byteLength) };
}

function usearch(data, topK) {
  const { exactSearch, MetricKind } = require("usearch");
  return {
    name: "usearch 2.26.2, exactSearch, one thread",
    query: async (vector) => {
      const found = exactSearch(data.flat, vector, data.dimension, topK, MetricKind.Cos, 1);
      return [...found.keys].map((key) => data.id(Number(key)));
    },
  };
}

async function lance(data, topK) {
  const { connect } = await import("@lancedb/lancedb");
  const folder = mkdtempSync(join(tmpdir(), "keelson-bench-lance-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const database = await connect(folder);
  let table;
  for (let start = 0; start < data.rows; start += 10_000) {
    const rows = Array.from({ length: 10_000 }, (_, n) => start + n).map((n) => ({
      id: data.id(n),
      vector: Array.from(data.row(n)),
      tenth: data.tenth(n),
    }));
    if (table === undefined) table = await database.createTable("docs", rows);
    else await table.add(rows);
  }
  await table.optimize();
  const search = (vector) =>
    table.vectorSearch(vector).distanceType("cosine").limit(topK).select(["id", "_distance"]);
  return {
    name: "LanceDB 0.39.0, flat",
    query: async (vector) => ids(await search(vector).toArray()),
    queryTenth: async (vector) => ids(await search(vector).where("tenth = 3").toArray()),
  };
}

async function langchain(data, topK) {
  const { MemoryVectorStore } = await import("@langchain/classic/vectorstores/memory");
  const store = new MemoryVectorStore({});
  const numbers = Array.from({ length: data.rows }, (_, n) => n);
  await store.addVectors(
    numbers.map((n) => Array.from(data.row(n))),
    numbers.map((n) => ({ pageContent: "", metadata: { id: data.id(n), tenth: data.tenth(n) } })),
  );
  const search = async (vector, filter) =>
    (await store.similaritySearchVectorWithScore(Array.from(vector), topK, filter)).map(
      ([document]) => document.metadata.id,
    );
  return {
    name: "LangChain.js MemoryVectorStore, 1.0.50",
    slow: true,
    query: (vector) => search(vector),
    queryTenth: (vector) => search(vector, (document) => document.metadata.tenth === 3),
  };
}

export const contenders = async (data, topK) => [
  await readOnce(data),
  await keelson(data, topK),
  await keelson(data, topK, { quantization: "int8" }),
  await keelson(data, topK, { webAssembly: false }),
  usearch(data, topK),
  await lance(data, topK),
  await langchain(data, topK),
];
