// Who is compared. Each is made empty and has `sync(documents)`, which brings it in step with them, and
// `embedded()`, how many texts it has embedded so far.
import { createHash } from "node:crypto";
import { bundle } from "./bundle.mjs";
import { createCountingEmbedder } from "./corpus.mjs";

const DIMENSION = 384;

/** What nobody can do without: hash every text, and look it up. */
async function floor() {
  const known = new Map();
  let embedded = 0;
  return {
    async sync(documents) {
      for (const { id, text } of documents) {
        const hash = createHash("sha256").update(text).digest("base64");
        if (known.get(id) === hash) continue;
        known.set(id, hash);
        embedded += 1;
      }
    },
    embedded: () => embedded,
  };
}

async function keelson({ redaction = false, versions = false } = {}) {
  const { createMemoryStorage, createIndex, createRedactor } = await bundle();
  const embedder = createCountingEmbedder(DIMENSION);
  const index = await createIndex({
    ...createMemoryStorage(),
    name: "bench",
    embedder: { specVersion: 1, id: "counting@1", dimension: DIMENSION, embed: embedder.embed },
    redactor: redaction ? createRedactor() : "none",
  });
  const bare = function* (documents) {
    for (const { id, text, metadata } of documents) yield { id, text, metadata };
  };
  return {
    index,
    sync: async (documents) =>
      void (await index.sync(versions ? documents : bare(documents), { mode: "full" })),
    embedded: () => embedder.texts,
  };
}

async function langChain() {
  const { index } = await import("@langchain/core/indexing");
  const { VectorStore } = await import("@langchain/core/vectorstores");
  const { Document } = await import("@langchain/core/documents");
  const { Embeddings } = await import("@langchain/core/embeddings");
  const embedder = createCountingEmbedder(DIMENSION);
  class Counting extends Embeddings {
    // Its interface has vectors as arrays of numbers.
    embedDocuments = async (texts) => embedder.embed(texts).map((vector) => [...vector]);
    embedQuery = async (text) => [...embedder.embed([text])[0]];
  }
  // As little as a vector store can do, in LangChain.js's favour: a map.
  class MapStore extends VectorStore {
    rows = new Map();
    _vectorstoreType() {
      return "map";
    }
    addVectors = async (vectors, docs, { ids }) => {
      for (const [i, id] of ids.entries()) this.rows.set(id, { vector: vectors[i], doc: docs[i] });
      return ids;
    };
    addDocuments = async (docs, options) =>
      this.addVectors(
        await this.embeddings.embedDocuments(docs.map((doc) => doc.pageContent)),
        docs,
        options,
      );
    delete = async ({ ids }) => {
      for (const id of ids) this.rows.delete(id);
    };
    similaritySearchVectorWithScore = async () => [];
  }
  // The record manager's published interface over a map, since the package brings none.
  const records = new Map();
  const recordManager = {
    createSchema: async () => undefined,
    getTime: async () => Date.now(),
    update: async (keys, { groupIds } = {}) => {
      const updatedAt = Date.now();
      for (const [i, key] of keys.entries()) records.set(key, { updatedAt, groupId: groupIds?.[i] ?? null });
    },
    exists: async (keys) => keys.map((key) => records.has(key)),
    listKeys: async ({ before, after, groupIds, limit } = {}) => {
      const found = [];
      for (const [key, { updatedAt, groupId }] of records) {
        if (before !== undefined && updatedAt >= before) continue;
        if (after !== undefined && updatedAt <= after) continue;
        if (groupIds !== undefined && !groupIds.includes(groupId)) continue;
        found.push(key);
        if (found.length === limit) break;
      }
      return found;
    },
    deleteKeys: async (keys) => {
      for (const key of keys) records.delete(key);
    },
  };
  const vectorStore = new MapStore(new Counting({}), {});
  return {
    sync: async (documents) => {
      const docsSource = [];
      for (const { text, metadata } of documents)
        docsSource.push(new Document({ pageContent: text, metadata }));
      await index({
        docsSource,
        recordManager,
        vectorStore,
        options: { cleanup: "full", sourceIdKey: "source" },
      });
    },
    embedded: () => embedder.texts,
  };
}

async function llamaIndex() {
  const llama = await import("llamaindex");
  const {
    BaseEmbedding,
    BaseVectorStore,
    Document,
    DocStoreStrategy,
    IngestionPipeline,
    SimpleDocumentStore,
  } = llama;
  const embedder = createCountingEmbedder(DIMENSION);
  class Counting extends BaseEmbedding {
    getTextEmbedding = async (text) => [...embedder.embed([text])[0]];
    getTextEmbeddings = async (texts) => embedder.embed(texts).map((vector) => [...vector]);
  }
  class MapStore extends BaseVectorStore {
    storesText = true;
    rows = new Map();
    client = () => this.rows;
    add = async (nodes) => {
      for (const node of nodes) this.rows.set(node.id_, node);
      return nodes.map((node) => node.id_);
    };
    delete = async (refDocId) => {
      for (const [id, node] of this.rows) if (node.sourceNode?.nodeId === refDocId) this.rows.delete(id);
    };
    query = async () => ({ similarities: [], ids: [] });
  }
  const embedModel = new Counting();
  llama.Settings.embedModel = embedModel;
  const pipeline = new IngestionPipeline({
    transformations: [embedModel],
    docStore: new SimpleDocumentStore(),
    vectorStore: new MapStore({ embeddingModel: embedModel }),
    docStoreStrategy: DocStoreStrategy.UPSERTS,
    disableCache: true,
  });
  return {
    sync: async (documents) => {
      const docs = [];
      for (const { id, text, metadata } of documents) docs.push(new Document({ text, id_: id, metadata }));
      await pipeline.run({ documents: docs });
    },
    embedded: () => embedder.texts,
  };
}

export const contenders = {
  floor: { name: "floor: SHA-256 and a map", make: floor },
  keelson: { name: "keelson", make: () => keelson() },
  "keelson-versions": { name: "keelson, with versions", make: () => keelson({ versions: true }) },
  "keelson-redaction": { name: "keelson, with redaction", make: () => keelson({ redaction: true }) },
  langchain: { name: "LangChain.js 1.4.0 index()", make: langChain },
  llamaindex: { name: "LlamaIndex.TS 0.12.1 upserts", make: llamaIndex },
};
