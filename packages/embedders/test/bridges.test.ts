import { inspect } from "node:util";
import {
  APICallError,
  type EmbeddingModelV2,
  type EmbeddingModelV3,
  type EmbeddingModelV4,
} from "@ai-sdk/provider";
import type { Clock } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { type AiSdkEmbeddingModel, fromAiSdk, fromLangChain } from "../src/index.ts";

const TEXT = "a very private sentence";
const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };

function model(overrides: Partial<EmbeddingModelV4> = {}): EmbeddingModelV4 & { calls: string[][] } {
  const calls: string[][] = [];
  return {
    specificationVersion: "v4",
    provider: "local",
    modelId: "lengths",
    maxEmbeddingsPerCall: 2,
    supportsParallelCalls: true,
    doEmbed: async ({ values }) => {
      calls.push(values);
      return { embeddings: values.map((value) => [value.length, 1]), warnings: [] };
    },
    calls,
    ...overrides,
  };
}

function tooMany(): APICallError {
  return new APICallError({
    message: `cannot embed ${TEXT}`,
    url: "https://embeddings.example",
    requestBodyValues: { input: [TEXT] },
    statusCode: 429,
    responseHeaders: { "Retry-After": "3" },
    responseBody: TEXT,
  });
}

async function failure(promise: PromiseLike<unknown> | unknown): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("did not reject");
}

describe("fromAiSdk", () => {
  it("takes the published model types of v2, v3 and v4", async () => {
    const v4 = model();
    const v3: EmbeddingModelV3 = {
      ...v4,
      specificationVersion: "v3",
      doEmbed: async ({ values }) => ({ embeddings: values.map(() => [0, 1]), warnings: [] }),
    };
    const v2: EmbeddingModelV2<string> = {
      ...v4,
      specificationVersion: "v2",
      doEmbed: async ({ values }) => ({ embeddings: values.map(() => [0, 1]) }),
    };
    for (const each of [v2, v3, v4]) {
      expect(await fromAiSdk(each, { dimension: 2 }).embed(["a"])).toHaveLength(1);
    }
  });

  it("refuses a specification it does not know", () => {
    const old = { ...model(), specificationVersion: "v1" } as unknown as AiSdkEmbeddingModel;
    expect(() => fromAiSdk(old, { dimension: 2 })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });

  it("splits by a limit that is a promise, and keeps the order", async () => {
    const split = model({ maxEmbeddingsPerCall: Promise.resolve(2) });
    const embedder = fromAiSdk(split, { dimension: 2 });
    expect(embedder.maxBatchSize).toBeUndefined();
    expect((await embedder.embed(["a", "bb", "ccc"])).map(([length]) => length)).toEqual([1, 2, 3]);
    expect(split.calls).toEqual([["a", "bb"], ["ccc"]]);
  });

  it("shows a limit that is a number as its batch size, and no limit as none", () => {
    expect(fromAiSdk(model(), { dimension: 2 }).maxBatchSize).toBe(2);
    const endless = model({ maxEmbeddingsPerCall: Number.POSITIVE_INFINITY });
    expect(fromAiSdk(endless, { dimension: 2 }).maxBatchSize).toBeUndefined();
  });

  it("hands provider options on and names them in the id", async () => {
    let seen: unknown;
    const spying = model({
      doEmbed: async ({ values, providerOptions }) => {
        seen = providerOptions;
        return { embeddings: values.map(() => [1, 0]), warnings: [] };
      },
    });
    const providerOptions = { openai: { dimensions: 2 } };
    const embedder = fromAiSdk(spying, { dimension: 2, providerOptions });
    await embedder.embed(["a"]);
    expect(seen).toEqual(providerOptions);
    expect(embedder.id).toBe('local:lengths:2:{"openai":{"dimensions":2}}');
    expect(fromAiSdk(spying, { dimension: 2, id: "mine" }).id).toBe("mine");
  });

  it("keeps status and waiting time of the SDK's errors, and none of the texts they quote", async () => {
    const failing = model({ doEmbed: () => Promise.reject(tooMany()) });
    const error = await failure(fromAiSdk(failing, { dimension: 2, clock }).embed([TEXT]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: true, retryAfterMs: 3000 });
    expect(error).toMatchObject({ details: { reason: "the service answered 429", texts: 1 } });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("private");
  });

  it("refuses vectors of another dimension", async () => {
    const error = await failure(fromAiSdk(model(), { dimension: 3 }).embed([TEXT]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: false });
  });

  it("hands the signal on and rejects with its reason", async () => {
    let seen: AbortSignal | undefined;
    const hanging = model({
      doEmbed: ({ abortSignal }) => {
        seen = abortSignal;
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const failed = failure(fromAiSdk(hanging, { dimension: 2 }).embed([TEXT], { signal: controller.signal }));
    const reason = new Error("stop");
    await Promise.resolve();
    controller.abort(reason);
    expect(await failed).toBe(reason);
    expect(seen).toBe(controller.signal);
  });
});

describe("fromLangChain", () => {
  const options = { id: "lengths@1", dimension: 2 };

  it("embeds with embedDocuments", async () => {
    const embeddings = { embedDocuments: async (texts: string[]) => texts.map((text) => [text.length, 1]) };
    const embedder = fromLangChain(embeddings, { ...options, maxBatchSize: 10 });
    expect(await embedder.embed(["a", "bb"])).toEqual([Float32Array.of(1, 1), Float32Array.of(2, 1)]);
    expect(embedder).toMatchObject({ id: "lengths@1", dimension: 2, maxBatchSize: 10 });
  });

  it("keeps status and waiting time of a client's error, and none of the texts it quotes", async () => {
    const thrown = Object.assign(new Error(`bad input ${TEXT}`), {
      status: 503,
      headers: new Headers({ "retry-after-ms": "40" }),
    });
    const embedder = fromLangChain({ embedDocuments: () => Promise.reject(thrown) }, options);
    const error = await failure(embedder.embed([TEXT]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: true, retryAfterMs: 40 });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("private");
  });

  it("does not ask to retry what a client will refuse again", async () => {
    const thrown = Object.assign(new Error("unauthorized"), { status: 401 });
    const embedder = fromLangChain({ embedDocuments: () => Promise.reject(thrown) }, options);
    expect(await failure(embedder.embed([TEXT]))).toMatchObject({ retryable: false });
  });

  it("rejects promptly with the signal's reason although the client knows none", async () => {
    const embedder = fromLangChain({ embedDocuments: () => new Promise(() => {}) }, options);
    const controller = new AbortController();
    const failed = failure(embedder.embed([TEXT], { signal: controller.signal }));
    const reason = new Error("stop");
    controller.abort(reason);
    expect(await failed).toBe(reason);
  });

  it("refuses a missing id", () => {
    const embeddings = { embedDocuments: async () => [] };
    expect(() => fromLangChain(embeddings, { ...options, id: "" })).toThrow(
      expect.objectContaining({ code: "ARGUMENT_INVALID" }),
    );
  });
});
