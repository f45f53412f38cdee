import { createHttpEmbedder, fromAiSdk, fromLangChain } from "@keelson/embedders";
import { describe, expect, it } from "vitest";

describe("createHttpEmbedder", () => {
  const asked: string[][] = [];
  const options = {
    url: "https://embeddings.example/v1/embeddings",
    model: "e5",
    dimension: 1,
    fetch: async (_: unknown, init?: RequestInit) => {
      const { input } = JSON.parse(String(init?.body)) as { input: string[] };
      asked.push(input);
      return Response.json({ data: input.map((text) => ({ embedding: [text.length] })) });
    },
  };

  it("puts each prefix before what it is for, and names the documents' in the id", async () => {
    const embedder = createHttpEmbedder({ ...options, documentPrefix: "passage: ", queryPrefix: "query: " });
    await embedder.embed(["one", "two"]);
    await embedder.embedQuery?.("three");
    expect(asked.splice(0)).toEqual([["passage: one", "passage: two"], ["query: three"]]);
    expect(embedder.id).toBe("e5:1:passage: ");
  });

  it("has no other way for queries without a prefix for them", async () => {
    const embedder = createHttpEmbedder({ ...options, documentPrefix: "passage: " });
    expect(embedder.embedQuery).toBeUndefined();
    expect(createHttpEmbedder(options).id).toBe("e5:1");
  });
});

describe("fromLangChain", () => {
  it("embeds queries by embedQuery where there is one", async () => {
    const embedDocuments = async (texts: string[]) => texts.map(() => [1]);
    const embedQuery = async () => [2];
    const settings = { id: "x", dimension: 1 };
    expect(await fromLangChain({ embedDocuments, embedQuery }, settings).embedQuery?.("a")).toEqual(
      Float32Array.of(2),
    );
    expect(fromLangChain({ embedDocuments }, settings).embedQuery).toBeUndefined();
  });

  it("refuses a query's vector of another dimension", async () => {
    const embeddings = { embedDocuments: async () => [], embedQuery: async () => [1, 2] };
    const { embedQuery } = fromLangChain(embeddings, { id: "x", dimension: 1 });
    await expect(embedQuery?.("a")).rejects.toMatchObject({ code: "EMBEDDING_FAILED" });
  });
});

describe("fromAiSdk", () => {
  it("hands queries to the provider with the options for queries", async () => {
    const seen: unknown[] = [];
    const embedder = fromAiSdk(
      {
        specificationVersion: "v4",
        provider: "local",
        modelId: "m",
        maxEmbeddingsPerCall: undefined,
        doEmbed: async ({ values, providerOptions }) => {
          seen.push(providerOptions);
          return { embeddings: values.map(() => [1]) };
        },
      },
      {
        dimension: 1,
        providerOptions: { local: { inputType: "document" } },
        queryProviderOptions: { local: { inputType: "query" } },
      },
    );
    await embedder.embed(["a"]);
    await embedder.embedQuery?.("b");
    expect(seen).toEqual([{ local: { inputType: "document" } }, { local: { inputType: "query" } }]);
  });
});
