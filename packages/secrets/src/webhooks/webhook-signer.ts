import { randomBytes } from "node:crypto";
import { type AbortOptions, argumentInvalid, type Clock, systemClock } from "@keelson/core";
import type { SecretStore } from "../secret-store.ts";
import {
  signatureHeaders,
  signatureOf,
  signedPrefix,
  signingKey,
  type WebhookScheme,
} from "./webhook-scheme.ts";

/** What {@link createWebhookSigner} takes. */
export interface WebhookSignerOptions {
  /** Where the secret is. */
  readonly store: Pick<SecretStore, "live">;
  /** Which secret signs, of kind `"use"`. */
  readonly name: string;
  readonly scheme: WebhookScheme;
  /** Stamps the messages. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** What {@link WebhookSigner.sign} takes. */
export interface WebhookSignOptions extends AbortOptions {
  /**
   * The message's id, for the scheme `"standard"`: the same for every attempt to deliver it. Without a dot. Default:
   * `msg_` and 128 random bits.
   */
  readonly id?: string | undefined;
}

/** Signs messages. */
export interface WebhookSigner {
  /**
   * The headers to send with a message. While a window is open they carry a signature by every version that is
   * accepted, the current one first, so that receivers may move when they like.
   *
   * @param body The body exactly as it is sent.
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret.
   * @throws KeelsonError ARGUMENT_INVALID when the id cannot be one, or the secret is of kind `"verify"` or holds no key.
   */
  sign(body: string | Uint8Array, options?: WebhookSignOptions): Promise<Record<string, string>>;
}

/**
 * Makes a signer of webhooks.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore } from "@keelson/secrets";
 * import { createWebhookSigner, createWebhookVerifier, generateWebhookSecret } from "@keelson/secrets/webhooks";
 *
 * const store = createSecretStore(createMemoryStorage());
 * await store.put("events", generateWebhookSecret());
 * const signer = createWebhookSigner({ store, name: "events", scheme: "standard" });
 * const verifier = createWebhookVerifier({ store, name: "events", scheme: "standard" });
 *
 * const body = JSON.stringify({ type: "document.indexed" });
 * const headers = new Headers(await signer.sign(body));
 * console.log((await verifier.verify({ headers, body })).ok); // true
 * const replayed = await verifier.verify({ headers, body });
 * console.log(replayed.ok); // false
 * ```
 */
export function createWebhookSigner(options: WebhookSignerOptions): WebhookSigner {
  const { store, name, scheme, clock = systemClock } = options;
  return {
    async sign(body, { id = `msg_${randomBytes(16).toString("base64url")}`, signal } = {}) {
      if (!/^[\x21-\x2d\x2f-\x7e]{1,256}$/.test(id))
        throw argumentInvalid("id", "is not 1 to 256 printable ASCII characters without a dot");
      const seconds = Math.floor(clock.now() / 1000);
      const live = await store.live(name, { signal });
      const signatures = live.map(({ secret }) => {
        const key = signingKey(scheme, secret.expose());
        if (key === undefined) throw argumentInvalid("name", "is of a secret that holds no key in base64");
        return signatureOf(key, signedPrefix(scheme, id, seconds), body);
      });
      return signatureHeaders(scheme, id, seconds, signatures);
    },
  };
}
