import { createHashEmbedder, createHttpEmbedder, fromAiSdk, fromLangChain } from "@keelson/embedders";
import { embedderCases, strictEmbedderCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { describe } from "vitest";

const cases = [...embedderCases, ...strictEmbedderCases];

describe(createHashEmbedder.name, () => {
  testConformance(cases, { create: () => createHashEmbedder() });
});

describe(createHttpEmbedder.name, () => {
  // A service that hashes, answers in any order as `index` allows, and refuses batches beyond its limit.
  const model = createHashEmbedder({ dimension: 64 });
  const maxBatchSize = 16;
  const service: typeof fetch = async (_, init) => {
    init?.signal?.throwIfAborted();
    const { input } = JSON.parse(String(init?.body)) as { input: string[] };
    if (input.length > maxBatchSize) return new Response(null, { status: 413 });
    const vectors = await model.embed(input);
    const data = vectors.map((vector, index) => ({ index, embedding: [...vector] })).reverse();
    return Response.json({ data });
  };
  testConformance(cases, {
    create: () =>
      createHttpEmbedder({
        url: "https://embeddings.example/v1/embeddings",
        model: "hash",
        dimension: 64,
        maxBatchSize,
        fetch: service,
      }),
  });
});

describe(`${createHttpEmbedder.name}, with prefixes`, () => {
  const model = createHashEmbedder({ dimension: 64 });
  // A model that knows by the prefix what it is given.
  const service: typeof fetch = async (_, init) => {
    init?.signal?.throwIfAborted();
    const { input } = JSON.parse(String(init?.body)) as { input: string[] };
    const vectors = await model.embed(input.map((text) => text.replace(/^(passage|query): /, "")));
    return Response.json({ data: vectors.map((vector) => ({ embedding: [...vector] })) });
  };
  testConformance(cases, {
    create: () =>
      createHttpEmbedder({
        url: "https://embeddings.example/v1/embeddings",
        model: "e5",
        dimension: 64,
        documentPrefix: "passage: ",
        queryPrefix: "query: ",
        fetch: service,
      }),
  });
});

describe(fromLangChain.name, () => {
  const model = createHashEmbedder({ dimension: 64 });
  const embedDocuments = async (texts: string[]): Promise<number[][]> =>
    (await model.embed(texts)).map((vector) => [...vector]);
  const embedQuery = async (text: string): Promise<number[]> => (await embedDocuments([text]))[0] ?? [];
  testConformance(cases, {
    create: () => fromLangChain({ embedDocuments, embedQuery }, { id: "hash", dimension: 64 }),
  });
});

describe(fromAiSdk.name, () => {
  const model = createHashEmbedder({ dimension: 64 });
  testConformance(cases, {
    create: () =>
      fromAiSdk(
        {
          specificationVersion: "v4",
          provider: "local",
          modelId: "hash",
          maxEmbeddingsPerCall: 16,
          doEmbed: async ({ values }) => ({
            embeddings: (await model.embed(values)).map((vector) => [...vector]),
          }),
        },
        { dimension: 64, queryProviderOptions: { local: { inputType: "query" } } },
      ),
  });
});
