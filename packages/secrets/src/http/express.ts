import { graceHint, type RequireSecretOptions, refusalHeaders } from "./require-secret.ts";
import { createSecretCheck } from "./secret-check.ts";

/** What is used of a request of Express, Connect or `node:http`. */
export interface ExpressRequest {
  /** The headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What is used of a response of Express, Connect or `node:http`. */
export interface ExpressResponse {
  statusCode: number;
  /** Sets a header. */
  setHeader(name: string, value: string): unknown;
  /** Sends the response without a body. */
  end(): unknown;
}

/** A middleware as `app.use` takes it. */
export type ExpressMiddleware = (
  request: ExpressRequest,
  response: ExpressResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * `requireSecret` for Express, Connect and whatever calls middlewares as they do. An error of the store goes to `next`.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore } from "@keelson/secrets";
 * import { requireSecretExpress } from "@keelson/secrets/http";
 *
 * const store = createSecretStore(createMemoryStorage());
 * const guard = requireSecretExpress({ store, name: "ingest", header: "x-api-key" }); // app.use("/ingest", guard)
 * console.log(guard.length); // 3
 * ```
 */
export function requireSecretExpress(options: RequireSecretOptions): ExpressMiddleware {
  const check = createSecretCheck(options);
  return async (request, response, next) => {
    try {
      const result = await check({ get: (name) => headerOf(request, name) });
      if (!result.ok) {
        response.statusCode = 401;
        for (const [name, value] of Object.entries(refusalHeaders(options))) response.setHeader(name, value);
        response.end();
        return;
      }
      const hint = graceHint(options, result);
      if (hint !== undefined) response.setHeader(...hint);
    } catch (error) {
      next(error);
      return;
    }
    next();
  };
}

function headerOf({ headers }: ExpressRequest, name: string): string | null {
  const value = headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(", ") : (value ?? null);
}
