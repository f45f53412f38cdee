import { graceHint, type RequireSecretOptions, refusalHeaders } from "./require-secret.ts";
import { createSecretCheck } from "./secret-check.ts";

/** What is used of Hono's context. */
export interface HonoContext {
  /** The request. */
  readonly req: { readonly raw: Request };
  /** Sets a header of the response. */
  header(name: string, value: string): void;
}

/** A middleware as `app.use` takes it. */
export type HonoMiddleware = (
  context: HonoContext,
  next: () => Promise<void>,
) => Promise<Response | undefined>;

/**
 * `requireSecret` for Hono.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore } from "@keelson/secrets";
 * import { requireSecretHono } from "@keelson/secrets/http";
 *
 * const store = createSecretStore(createMemoryStorage());
 * const guard = requireSecretHono({ store, name: "ingest" }); // app.use("/ingest/*", guard)
 * console.log(guard.length); // 2
 * ```
 */
export function requireSecretHono(options: RequireSecretOptions): HonoMiddleware {
  const check = createSecretCheck(options);
  return async (context, next) => {
    const { headers, signal } = context.req.raw;
    const result = await check(headers, { signal });
    if (!result.ok) return new Response(null, { status: 401, headers: refusalHeaders(options) });
    const hint = graceHint(options, result);
    if (hint !== undefined) context.header(...hint);
    await next();
    return undefined;
  };
}
