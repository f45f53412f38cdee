import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { type Clock, KeelsonError, Secret } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createHttpEmbedder, type HttpEmbedderOptions } from "../src/index.ts";

type Fetch = typeof globalThis.fetch;
interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: { model: string; input: string[]; encoding_format: string; dimensions?: number };
}

const TEXT = "a very private sentence";

function stubbed(
  answer: (sent: Sent) => Response | Promise<Response>,
  options: Partial<HttpEmbedderOptions> = {},
) {
  const requests: Sent[] = [];
  const fetch: Fetch = async (url, init) => {
    const sent = {
      url: String(url),
      headers: new Headers(init?.headers),
      body: JSON.parse(String(init?.body)),
    };
    requests.push(sent);
    return answer(sent);
  };
  const url = "https://embeddings.example/v1/embeddings";
  return { requests, embedder: createHttpEmbedder({ url, model: "tiny", dimension: 2, fetch, ...options }) };
}

function answerAll({ body }: Sent): Response {
  const data = body.input.map((text, index) => ({ index, embedding: [text.length, index] }));
  return Response.json({ data });
}

/** A clock whose sleeps end only when told. */
function handClock(nowMs = 0): Clock & { wake(): void; sleeping(): number } {
  const sleepers = new Set<() => void>();
  return {
    now: () => nowMs,
    monotonic: () => 0,
    sleep: (_, options) =>
      new Promise<void>((resolve, reject) => {
        sleepers.add(resolve);
        options?.signal?.addEventListener("abort", () => {
          sleepers.delete(resolve);
          reject(options.signal?.reason);
        });
      }),
    wake: () => {
      for (const resolve of sleepers) resolve();
    },
    sleeping: () => sleepers.size,
  };
}

async function failure(promise: PromiseLike<unknown> | unknown): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Record<string, unknown>;
  }
  throw new Error("did not reject");
}

describe("createHttpEmbedder", () => {
  it("asks a real server and sends model, texts and key", async () => {
    const seen: { headers?: IncomingMessage["headers"]; body?: string } = {};
    const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
      seen.headers = request.headers;
      seen.body = "";
      for await (const part of request) seen.body += String(part);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ data: [{ index: 0, embedding: [1, 0] }] }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const embedder = createHttpEmbedder({
        url: `http://127.0.0.1:${port}/v1/embeddings`,
        model: "tiny",
        dimension: 2,
        sendDimension: true,
        apiKey: new Secret("k-123", { name: "embeddings", version: 1 }),
        headers: { "x-team": "search" },
      });
      expect(await embedder.embed(["hello"])).toEqual([Float32Array.of(1, 0)]);
      expect(seen.headers).toMatchObject({ authorization: "Bearer k-123", "x-team": "search" });
      expect(JSON.parse(seen.body ?? "")).toEqual({
        model: "tiny",
        input: ["hello"],
        encoding_format: "float",
        dimensions: 2,
      });
    } finally {
      server.close();
    }
  });

  it("puts vectors in the order of the texts by their index", async () => {
    const { embedder } = stubbed(({ body }) =>
      Response.json({
        data: body.input.map((text, index) => ({ index, embedding: [text.length, index] })).reverse(),
      }),
    );
    expect(await embedder.embed(["a", "bb", "ccc"])).toEqual([
      Float32Array.of(1, 0),
      Float32Array.of(2, 1),
      Float32Array.of(3, 2),
    ]);
  });

  it("makes no request for no texts", async () => {
    const { embedder, requests } = stubbed(answerAll);
    expect(await embedder.embed([])).toEqual([]);
    expect(requests).toEqual([]);
  });

  it("sends a header once, whatever the case it was given in", async () => {
    const headers = { "Content-Type": "application/json", AUTHORIZATION: "Bearer other", "X-Team": "search" };
    const apiKey = new Secret("key-1", { name: "k", version: 1 });
    const { embedder, requests } = stubbed(answerAll, { apiKey, headers });
    await embedder.embed(["a"]);
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toEqual({
      "content-type": "application/json",
      authorization: "Bearer key-1",
      "x-team": "search",
    });
  });

  it("rejects with the signal's reason while the key is not there yet", async () => {
    const reason = new Error("stop");
    const controller = new AbortController();
    const { embedder, requests } = stubbed(answerAll, { apiKey: () => new Promise(() => {}) });
    const rejected = failure(embedder.embed(["a"], { signal: controller.signal }));
    controller.abort(reason);
    expect(await rejected).toBe(reason);
    expect(requests).toEqual([]);
  });

  it("gives up after the timeout where the key never comes", async () => {
    const clock = handClock();
    const { embedder } = stubbed(answerAll, { apiKey: () => new Promise(() => {}), clock });
    const rejected = failure(embedder.embed(["a"]));
    await Promise.resolve();
    clock.wake();
    expect(await rejected).toMatchObject({ code: "EMBEDDING_FAILED", retryable: true });
    expect(clock.sleeping()).toBe(0);
  });

  it("hides what a failing source of the key says", async () => {
    const apiKey = (): never => {
      throw new Error("the key is k-123");
    };
    const { embedder } = stubbed(answerAll, { apiKey });
    const error = await failure(embedder.embed(["a"]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: true });
    expect(inspect(error, { depth: 9 })).not.toContain("k-123");
  });

  it("says which error of a secret store kept the key back, and not to try again where that says so", async () => {
    const details = { name: "embeddings" };
    const apiKey = (): never => {
      throw new KeelsonError("SECRET_NOT_FOUND", "there is no secret embeddings", { details });
    };
    const error = await failure(stubbed(answerAll, { apiKey }).embedder.embed(["a"]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: false });
    expect(String(error.message)).toContain("SECRET_NOT_FOUND");
  });

  it("refuses a key that no header can hold, without showing it", async () => {
    const apiKey = new Secret("k-123\nx", { name: "k", version: 1 });
    const { embedder, requests } = stubbed(answerAll, { apiKey });
    const error = await failure(embedder.embed(["a"]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: false });
    expect(inspect(error, { depth: 9 })).not.toContain("k-123");
    expect(requests).toEqual([]);
  });

  it("keeps the service's refusal where the rest of its answer cannot be dropped", async () => {
    const body = new ReadableStream({
      cancel() {
        throw new Error("stuck");
      },
    });
    const { embedder } = stubbed(() => new Response(body, { status: 401 }));
    const error = await failure(embedder.embed(["a"]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: false });
    expect(String(error.message)).toContain("401");
  });

  it("asks for the key before every request", async () => {
    let version = 0;
    const apiKey = () => new Secret(`key-${++version}`, { name: "k", version });
    const { embedder, requests } = stubbed(answerAll, { apiKey });
    await embedder.embed(["a"]);
    await embedder.embed(["b"]);
    expect(requests.map(({ headers }) => headers.get("authorization"))).toEqual([
      "Bearer key-1",
      "Bearer key-2",
    ]);
  });

  it.each([
    [408, true],
    [409, true],
    [429, true],
    [500, true],
    [503, true],
    [400, false],
    [401, false],
    [404, false],
    [308, false],
  ])("reports status %i with retryable %s, without quoting the texts", async (status, retryable) => {
    const { embedder } = stubbed(({ body }) => new Response(`bad input: ${body.input[0]}`, { status }));
    const error = await failure(embedder.embed([TEXT]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable });
    expect(error).toMatchObject({
      details: { embedder: "tiny:2", texts: 1, reason: `the service answered ${status}` },
    });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("private");
  });

  it.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after": "Thu, 01 Jan 1970 00:01:30 GMT" }, 30_000],
    [{ "retry-after": "Thu, 01 Jan 1970 00:00:01 GMT" }, 0],
    [{ "retry-after-ms": "250", "retry-after": "7" }, 250],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("reads %j as %s ms to wait", async (headers, retryAfterMs) => {
    const clock = handClock(60_000);
    const answer = () => new Response("", { status: 429, headers: { ...headers } });
    const error = await failure(stubbed(answer, { clock }).embedder.embed([TEXT]));
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  it("hides what a failing fetch says, and lets it be tried again", async () => {
    const answer = () => Promise.reject(new TypeError(`could not send ${TEXT}`));
    const error = await failure(stubbed(answer).embedder.embed([TEXT]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED", retryable: true });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("private");
  });

  it.each([
    ["no JSON", () => new Response(`<html>${TEXT}</html>`)],
    ["no data", () => Response.json({})],
    ["null", () => Response.json(null)],
    ["too few vectors", () => Response.json({ data: [] })],
    [
      "one index twice",
      () =>
        Response.json({
          data: [
            { index: 1, embedding: [1, 2] },
            { index: 1, embedding: [1, 2] },
          ],
        }),
    ],
    [
      "a huge index",
      () =>
        Response.json({
          data: [
            { index: 1e9, embedding: [1, 2] },
            { index: 0, embedding: [1, 2] },
          ],
        }),
    ],
    ["another dimension", () => Response.json({ data: [{ embedding: [1] }, { embedding: [1] }] })],
    [
      "a number that is none",
      () => Response.json({ data: [{ embedding: [1, null] }, { embedding: [1, 2] }] }),
    ],
    [
      "a number beyond float32",
      () => Response.json({ data: [{ embedding: [1, 1e300] }, { embedding: [1, 2] }] }),
    ],
    ["a string", () => Response.json({ data: [{ embedding: "AAAA" }, { embedding: [1, 2] }] })],
  ])("refuses an answer with %s", async (_, answer) => {
    const error = await failure(stubbed(answer).embedder.embed([TEXT, TEXT]));
    expect(error).toMatchObject({ code: "EMBEDDING_FAILED" });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain("private");
  });

  it("gives up after the timeout even if fetch heeds no signal, and leaves no timer", async () => {
    const clock = handClock();
    const { embedder } = stubbed(() => new Promise<Response>(() => {}), { clock, timeoutMs: 50 });
    const failed = failure(embedder.embed([TEXT]));
    await Promise.resolve();
    await Promise.resolve();
    clock.wake();
    expect(await failed).toMatchObject({ details: { reason: "no answer within 50 ms" }, retryable: true });
    expect(clock.sleeping()).toBe(0);
  });

  it("leaves no timer after success", async () => {
    const clock = handClock();
    await stubbed(answerAll, { clock }).embedder.embed([TEXT]);
    expect(clock.sleeping()).toBe(0);
  });

  it("rejects with the signal's own reason, before and during a request", async () => {
    const { embedder, requests } = stubbed(() => new Promise<Response>(() => {}));
    const reason = { why: "stop" };
    expect(await failure(embedder.embed([TEXT], { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(requests).toEqual([]);
    const controller = new AbortController();
    const failed = failure(embedder.embed([TEXT], { signal: controller.signal }));
    controller.abort(reason);
    expect(await failed).toBe(reason);
  });

  it("refuses options that cannot work", () => {
    const refused = { code: "ARGUMENT_INVALID" };
    const good = { url: "http://localhost/v1/embeddings", model: "tiny", dimension: 2 };
    for (const bad of [
      { url: "localhost" },
      { url: "file:///etc/passwd" },
      { url: "https://user:password@localhost/v1/embeddings" },
      { headers: { "x-team": "a\nb" } },
      { headers: { "x team": "a" } },
      { apiKey: "sk-1234" as never },
      { model: "" },
      { dimension: 0 },
      { maxBatchSize: 0 },
      { timeoutMs: 0 },
      { timeoutMs: Number.NaN },
      { id: "" },
    ]) {
      expect(() => createHttpEmbedder({ ...good, ...bad })).toThrow(expect.objectContaining(refused));
    }
  });
});
