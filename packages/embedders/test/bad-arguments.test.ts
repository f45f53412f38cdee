import { isKeelsonError } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createHashEmbedder, createHttpEmbedder, fromAiSdk, fromLangChain } from "../src/index.ts";

/** What JavaScript may be given where the types say otherwise. */
const unchecked = (value?: unknown): never => value as never;
const hash = createHashEmbedder();
const fetch = () => {
  throw new Error("nothing may be sent");
};
const url = "http://127.0.0.1/v1/embeddings";
const http = createHttpEmbedder({ url, model: "m", dimension: 3, queryPrefix: "query: ", fetch });
const langChain = fromLangChain({ embedDocuments: async () => [] }, { id: "a", dimension: 3 });

describe("a call with what cannot be used", () => {
  it.each<[string, () => unknown, string]>([
    ["an endpoint without options", () => createHttpEmbedder(unchecked()), "options"],
    [
      "a model of the AI SDK that is a name",
      () => fromAiSdk(unchecked("text-embedding-3-small"), { dimension: 3 }),
      "model",
    ],
    [
      "a model of the AI SDK that cannot embed",
      () => fromAiSdk(unchecked({ specificationVersion: "v3" }), { dimension: 3 }),
      "model",
    ],
    [
      "a model of the AI SDK without options",
      () => fromAiSdk(unchecked({ specificationVersion: "v3" }), unchecked()),
      "options",
    ],
    ["no embeddings of LangChain", () => fromLangChain(unchecked(), { id: "a", dimension: 3 }), "embeddings"],
    [
      "embeddings of LangChain without options",
      () => fromLangChain({ embedDocuments: async () => [] }, unchecked()),
      "options",
    ],
    ["a text in place of a list", () => hash.embed(unchecked("text")), "texts"],
    ["no texts", () => hash.embed(unchecked()), "texts"],
    ["a text that is none", () => hash.embed(["text", unchecked(null)]), "texts[1]"],
    ["a text for an endpoint in place of a list", () => http.embed(unchecked("text")), "texts"],
    ["a text for an endpoint that is none", () => http.embed([unchecked(undefined)]), "texts[0]"],
    ["a query for an endpoint that is none", () => http.embedQuery?.(unchecked(undefined)), "texts[0]"],
    ["a text for LangChain in place of a list", () => langChain.embed(unchecked("text")), "texts"],
  ])("is refused by name: %s", async (_, call, argument) => {
    const error: unknown = await (async () => call())().catch((reason: unknown) => reason);
    expect(isKeelsonError(error, "ARGUMENT_INVALID") && error.details.argument).toBe(argument);
  });
});
