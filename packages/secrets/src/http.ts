/**
 * Lets requests through that present a secret: a check on headers, and thin wrappers for fetch handlers, Hono and
 * Express.
 *
 * @packageDocumentation
 */

export type { ExpressMiddleware, ExpressRequest, ExpressResponse } from "./http/express.ts";
export { requireSecretExpress } from "./http/express.ts";
export type { HonoContext, HonoMiddleware } from "./http/hono.ts";
export { requireSecretHono } from "./http/hono.ts";
export type { FetchNext, RequireSecretOptions, SecretMiddleware } from "./http/require-secret.ts";
export { requireSecret } from "./http/require-secret.ts";
export type {
  SecretCheck,
  SecretCheckOptions,
  SecretHeaders,
} from "./http/secret-check.ts";
export { createSecretCheck } from "./http/secret-check.ts";
