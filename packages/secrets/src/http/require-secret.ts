import type { Awaitable } from "@keelson/core";
import type { VerifyAccepted } from "../secret-store.ts";
import { createSecretCheck, type SecretCheckOptions } from "./secret-check.ts";

/** What {@link requireSecret} and the other wrappers take. */
export interface RequireSecretOptions extends SecretCheckOptions {
  /**
   * A response header that tells who presents a previous version until when it is accepted, as an HTTP date, such as
   * `"secret-expires"`. Default: none is sent.
   */
  readonly graceHeader?: string | undefined;
}

/** Answers a request that was let through. */
export type FetchNext = (accepted: VerifyAccepted) => Awaitable<Response>;

/** Answers a request by `next`, or with 401. */
export type SecretMiddleware = (request: Request, next: FetchNext) => Promise<Response>;

/**
 * Makes a middleware for fetch handlers, such as Next.js route handlers, Bun, Deno and service workers. What is not
 * accepted is answered with 401 and nothing more; the handler is not called. An error of the store rejects: nobody is
 * let through by it.
 *
 * @example A Next.js route handler, or any other of the kind.
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore } from "@keelson/secrets";
 * import { requireSecret } from "@keelson/secrets/http";
 *
 * const store = createSecretStore(createMemoryStorage());
 * const { secret } = await store.put("ingest", undefined, { kind: "verify" });
 * const guarded = requireSecret({ store, name: "ingest", graceHeader: "secret-expires" });
 *
 * export const POST = (request: Request) =>
 *   guarded(request, ({ version }) => Response.json({ version }));
 *
 * const headers = { authorization: `Bearer ${secret.expose()}` };
 * const url = "https://example.com/ingest";
 * console.log((await POST(new Request(url, { method: "POST", headers }))).status); // 200
 * console.log((await POST(new Request(url, { method: "POST" }))).status); // 401
 * ```
 */
export function requireSecret(options: RequireSecretOptions): SecretMiddleware {
  const check = createSecretCheck(options);
  return async (request, next) => {
    const result = await check(request.headers, { signal: request.signal });
    if (!result.ok) return new Response(null, { status: 401, headers: refusalHeaders(options) });
    const response = await next(result);
    const hint = graceHint(options, result);
    if (hint === undefined) return response;
    // The headers of a fetched response cannot be changed.
    const hinted = new Response(response.body, response);
    hinted.headers.set(...hint);
    return hinted;
  };
}

/** What goes with a 401: the scheme alone, as HTTP asks for. */
export function refusalHeaders({ header }: RequireSecretOptions): Record<string, string> {
  const scheme = header === undefined || header.toLowerCase() === "authorization" ? "Bearer" : "ApiKey";
  return { "cache-control": "no-store", "www-authenticate": scheme };
}

/** The header that tells of the deadline, where there is one and it is asked for. */
export function graceHint(
  { graceHeader }: RequireSecretOptions,
  { expiresAtMs }: VerifyAccepted,
): [name: string, value: string] | undefined {
  if (graceHeader === undefined || expiresAtMs === undefined) return undefined;
  return [graceHeader, new Date(expiresAtMs).toUTCString()];
}
