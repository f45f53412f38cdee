import { createHashEmbedder, createHttpEmbedder } from "@keelson/embedders";
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
