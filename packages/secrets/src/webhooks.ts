/**
 * Webhooks signed by a shared secret, in the two ways that are common: signed and checked with the current and the
 * previous version of it.
 *
 * @packageDocumentation
 */

export type { SecretHeaders } from "./http/secret-check.ts";
export type { WebhookScheme } from "./webhooks/webhook-scheme.ts";
export { generateWebhookSecret } from "./webhooks/webhook-scheme.ts";
export type { WebhookSigner, WebhookSignerOptions, WebhookSignOptions } from "./webhooks/webhook-signer.ts";
export { createWebhookSigner } from "./webhooks/webhook-signer.ts";
export type {
  WebhookAccepted,
  WebhookDelivery,
  WebhookRefused,
  WebhookVerdict,
  WebhookVerifier,
  WebhookVerifierOptions,
} from "./webhooks/webhook-verifier.ts";
export { createWebhookVerifier } from "./webhooks/webhook-verifier.ts";
