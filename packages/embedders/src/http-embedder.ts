import {
  type Awaitable,
  argumentInvalid,
  assertObject,
  type Clock,
  type Embedder,
  isKeelsonError,
  type Secret,
  systemClock,
  withTimeout,
} from "@keelson/core";
import { assertEmbedderOptions } from "./assert-embedder-options.ts";
import { assertTexts } from "./assert-texts.ts";
import { embeddingFailed, isRetryableStatus } from "./embedding-failed.ts";
import { retryAfterMs } from "./retry-after.ts";
import { toVectors } from "./to-vectors.ts";

/** What {@link createHttpEmbedder} takes. */
export interface HttpEmbedderOptions {
  /** The endpoint in full, `http` or `https`: `https://api.openai.com/v1/embeddings`. */
  readonly url: string;
  /** The model's name at the service. */
  readonly model: string;
  /** Length of the model's vectors. */
  readonly dimension: number;
  /** Ask the service for vectors of `dimension`, for models that can shorten theirs. Default `false`. */
  readonly sendDimension?: boolean | undefined;
  /** Stands before every document, for models that want it: `"passage: "` for E5. It is part of the default id. */
  readonly documentPrefix?: string | undefined;
  /** Stands before every query: `"query: "` for E5. Default: queries are embedded as documents are. */
  readonly queryPrefix?: string | undefined;
  /** Sent as a bearer token. A function is asked before every request, within its timeout, so that a rotated key is taken up. */
  readonly apiKey?: Secret | (() => Awaitable<Secret>) | undefined;
  /** More headers for every request. The content type and, with an `apiKey`, the authorization stay this embedder's. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Names the vector space. Default: model, dimension and the documents' prefix. Give one when a service may change what a name means. */
  readonly id?: string | undefined;
  /** The most texts a request holds. Default 128. */
  readonly maxBatchSize?: number | undefined;
  /** How long a request may take, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** What makes the requests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Measures the timeout and reads `Retry-After` dates. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/**
 * An embedder that asks an OpenAI-compatible `/v1/embeddings` endpoint: OpenAI, Azure, Ollama, vLLM, llama.cpp, Text
 * Embeddings Inference, LiteLLM.
 *
 * A call makes one request and does not retry by itself. It rejects with EMBEDDING_FAILED, which quotes neither the
 * texts nor the service's answer. `retryable` is `true` for no answer, a timeout, and the statuses 408, 409, 429 and
 * 5xx; a time to wait that the service names is the error's `retryAfterMs`. Redirects are not followed: they could
 * carry the texts elsewhere.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is out of range.
 *
 * @example
 * ```ts
 * import { Secret } from "@keelson/core";
 * import { createHttpEmbedder } from "@keelson/embedders";
 *
 * const embedder = createHttpEmbedder({
 *   url: "https://embeddings.example/v1/embeddings",
 *   model: "tiny",
 *   dimension: 2,
 *   apiKey: new Secret("a key", { name: "embeddings", version: 1 }),
 *   // Leave this out in a program.
 *   fetch: async () => Response.json({ data: [{ index: 0, embedding: [0.6, 0.8] }] }),
 * });
 * const [vector] = await embedder.embed(["hello"]);
 * console.log(embedder.id, vector?.length); // tiny:2 2
 * ```
 */
export function createHttpEmbedder(options: HttpEmbedderOptions): Embedder {
  assertObject(options);
  const { url, model, dimension, maxBatchSize = 128, timeoutMs = 60_000, clock = systemClock } = options;
  const { documentPrefix = "", queryPrefix } = options;
  const id = options.id ?? `${model}:${dimension}${documentPrefix && `:${documentPrefix}`}`;
  assertEmbedderOptions({ id, dimension, maxBatchSize });
  if (typeof model !== "string" || model === "") throw argumentInvalid("model", "is not a string, or empty");
  if (!(timeoutMs > 0)) throw argumentInvalid("timeoutMs", "is not above 0");
  assertUrl(url);
  assertHeaders(options.headers);
  // A string would be refused by every single request only, and could end up in a log before.
  if (typeof options.apiKey === "string")
    throw argumentInvalid("apiKey", "is a string: wrap it by new Secret(key, { name, version })");

  const embedder = {
    specVersion: 1,
    id,
    dimension,
    maxBatchSize,
    embed: (texts, { signal } = {}) => ask(documentPrefix, texts, signal),
  } satisfies Embedder;
  if (queryPrefix === undefined) return Object.freeze(embedder);
  return Object.freeze({
    ...embedder,
    embedQuery: async (text, { signal } = {}) => (await ask(queryPrefix, [text], signal))[0] as Float32Array,
  } satisfies Embedder);

  async function ask(
    prefix: string,
    texts: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    assertTexts(texts);
    if (texts.length === 0) return [];
    const fail = (reason: string, retryable: boolean, afterMs?: number): Error =>
      embeddingFailed({ embedder: id, texts: texts.length, reason, retryable, retryAfterMs: afterMs });
    const body = {
      model,
      input: texts.map((text) => prefix + text),
      encoding_format: "float",
      ...(options.sendDimension && { dimensions: dimension }),
    };
    const request = async (ended: AbortSignal): Promise<unknown> => {
      const headers = await requestHeaders(options, fail);
      // While the key was awaited the caller may have gone.
      ended.throwIfAborted();
      const fetch = options.fetch ?? globalThis.fetch;
      const init = {
        method: "POST",
        headers,
        body: JSON.stringify(body),
        redirect: "manual",
        signal: ended,
      } as const;
      const response = await fetch(url, init);
      if (!response.ok) {
        // What cannot be dropped must not hide what the service said.
        response.body?.cancel().catch(() => {});
        const wait = retryAfterMs((name) => response.headers.get(name) ?? undefined, clock.now());
        throw fail(`the service answered ${response.status}`, isRetryableStatus(response.status), wait);
      }
      // A parser's message quotes what it could not read.
      const text = await response.text();
      try {
        return JSON.parse(text);
      } catch {
        throw fail("the service's answer is not JSON", true);
      }
    };
    const onTimeout = (): Error => fail(`no answer within ${timeoutMs} ms`, true);
    const answer = await withTimeout(request, { timeoutMs, clock, signal, onTimeout }).catch((error) => {
      signal?.throwIfAborted();
      throw isKeelsonError(error) ? error : fail("the request failed", true);
    });
    return toVectors(inOrder(answer, texts.length), { embedder: id, texts: texts.length, dimension });
  }
}

/** The headers of a request. Set one by one, since names in another case would be sent beside each other. */
async function requestHeaders(
  { apiKey, headers: given }: HttpEmbedderOptions,
  fail: (reason: string, retryable: boolean) => Error,
): Promise<Headers> {
  const headers = new Headers(given);
  headers.set("content-type", "application/json");
  let key: Secret | undefined;
  try {
    key = typeof apiKey === "function" ? await apiKey() : apiKey;
  } catch (error) {
    if (isKeelsonError(error)) throw fail(`its key could not be had: ${error.code}`, error.retryable);
    throw fail("its key could not be had", true);
  }
  try {
    if (key !== undefined) headers.set("authorization", `Bearer ${key.expose()}`);
  } catch {
    throw fail("its key cannot stand in a header", false);
  }
  return headers;
}

/** The answer's vectors by their `index`, since services may answer in any order; anything else than a list as it is. */
function inOrder(answer: unknown, texts: number): unknown {
  const data = (answer as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || data.length !== texts) return data;
  const ordered: unknown[] = [];
  for (const [i, part] of (data as ({ index?: unknown; embedding?: unknown } | null)[]).entries()) {
    const index = part?.index ?? i;
    if (typeof index === "number") ordered[index] = part?.embedding;
  }
  return ordered;
}

function assertUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:")
    throw argumentInvalid("url", "is not an http(s) URL");
  if (parsed.username !== "" || parsed.password !== "")
    throw argumentInvalid("url", "holds credentials, which fetch refuses: use apiKey or headers");
}

function assertHeaders(headers: HttpEmbedderOptions["headers"]): void {
  try {
    new Headers(headers);
  } catch {
    throw argumentInvalid("headers", "have a name or value that no header can have");
  }
}
