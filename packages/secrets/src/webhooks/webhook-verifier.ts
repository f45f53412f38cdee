import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type AbortOptions, type Clock, isKeelsonError, type StateStore, systemClock } from "@keelson/core";
import { assertConsumer, assertName, assertSpan } from "../arguments.ts";
import type { SecretHeaders } from "../http/secret-check.ts";
import { MOST_LIVE } from "../live-versions.ts";
import type { LiveSecret, SecretStore } from "../secret-store.ts";
import { createReplayGuard } from "./replay-guard.ts";
import {
  type ClaimedSignature,
  MOST_SIGNATURES,
  readClaim,
  signatureOf,
  signingKey,
  type WebhookScheme,
} from "./webhook-scheme.ts";

const FIVE_MINUTES_MS = 300_000;

/** What {@link createWebhookVerifier} takes. */
export interface WebhookVerifierOptions {
  /** Where the secret is. */
  readonly store: Pick<SecretStore, "live" | "noteUse">;
  /** Which secret signs, of kind `"use"`. */
  readonly name: string;
  readonly scheme: WebhookScheme;
  /** How far the time a message was sent may be from now, before or after. Default: five minutes. */
  readonly toleranceMs?: number | undefined;
  /**
   * Where accepted messages are remembered until they are too old, so that no process accepts one twice. Without it
   * each process remembers for itself, and forgets when it ends.
   */
  readonly state?: StateStore | undefined;
  /** Judges how old a message is. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** Who sends, for the usage of the secret's versions. Default `"unnamed"`. */
  readonly consumer?: string | undefined;
}

/** A message as it came. */
export interface WebhookDelivery {
  readonly headers: SecretHeaders;
  /** The body exactly as it came, before anything has parsed it. */
  readonly body: string | Uint8Array;
}

/** What {@link WebhookVerifier.verify} found. Tell the sender no more than `ok`. */
export type WebhookVerdict = WebhookAccepted | WebhookRefused;

/** The message is signed by a live version, is new, and was not seen before. */
export interface WebhookAccepted {
  readonly ok: true;
  /** The version that signed it; the current one where several did. */
  readonly version: number;
  /** `"previous"` tells a sender that has not moved yet. */
  readonly stage: "current" | "previous";
  /** The sender's id of the message; `undefined` for the scheme `"stripe"`. */
  readonly id: string | undefined;
  /** When it was sent, in epoch milliseconds. */
  readonly sentAtMs: number;
}

/** The message is not to be believed. */
export interface WebhookRefused {
  readonly ok: false;
}

/** Verifies messages. */
export interface WebhookVerifier {
  /**
   * Is this message signed by the current version, or by a previous one inside its window, as `SecretStore.verify` would
   * judge it now? The work is the same whichever signed it, if any did, and whether there is such a secret. An
   * accepted message is remembered, and refused the second time: where handling it fails, let the sender sign anew.
   */
  verify(delivery: WebhookDelivery, options?: AbortOptions): Promise<WebhookVerdict>;
}

/**
 * Makes a verifier of webhooks. {@link createWebhookSigner} has an example.
 *
 * @throws KeelsonError ARGUMENT_INVALID when `toleranceMs` is no time or `consumer` no label, KEY_INVALID when the name
 * is none.
 */
export function createWebhookVerifier(options: WebhookVerifierOptions): WebhookVerifier {
  const {
    store,
    name,
    scheme,
    toleranceMs = FIVE_MINUTES_MS,
    clock = systemClock,
    state,
    consumer,
  } = options;
  // Later, it would cost the sender a message that is remembered already.
  assertName(name);
  if (consumer !== undefined) assertConsumer(consumer);
  assertSpan("toleranceMs", toleranceMs);
  const replays = createReplayGuard(name, 2 * toleranceMs, state);
  const decoy = randomBytes(32);

  return {
    async verify({ headers, body }, { signal } = {}) {
      const claimed = readClaim(scheme, headers);
      const live = await liveOf(store, name, signal);
      const signer = findSigner(scheme, live, decoy, claimed, body);
      const now = clock.now();
      if (claimed === undefined || signer === undefined) return { ok: false };
      const { sentAtMs, prefix } = claimed;
      if (Math.abs(now - sentAtMs) > toleranceMs) return { ok: false };
      const id = claimed.id ?? createHash("sha256").update(prefix).update(body).digest("base64url");
      if (!(await replays.isFirst(id, sentAtMs, now, signal))) return { ok: false };
      const { version, stage } = signer;
      await store.noteUse(name, version, { consumer, signal });
      return { ok: true, version, stage, id: claimed.id, sentAtMs };
    },
  };
}

/** The live version that made one of the signatures. Computes as many and compares all, whatever there is. */
function findSigner(
  scheme: WebhookScheme,
  live: readonly LiveSecret[],
  decoy: Buffer,
  claimed: ClaimedSignature | undefined,
  body: string | Uint8Array,
): LiveSecret | undefined {
  const { prefix = "", signatures = [] } = claimed ?? {};
  let signer: LiveSecret | undefined;
  for (let slot = Math.max(MOST_LIVE, live.length) - 1; slot >= 0; slot--) {
    const version = live[slot];
    const key = version && signingKey(scheme, version.secret.expose());
    const expected = signatureOf(key ?? decoy, prefix, body);
    // From the oldest on, so that the current version wins.
    for (let i = 0; i < MOST_SIGNATURES; i++)
      if (timingSafeEqual(signatures[i] ?? decoy, expected) && key !== undefined) signer = version;
  }
  return signer;
}

async function liveOf(
  store: Pick<SecretStore, "live">,
  name: string,
  signal: AbortSignal | undefined,
): Promise<LiveSecret[]> {
  try {
    return await store.live(name, { signal });
  } catch (error) {
    if (isKeelsonError(error, "SECRET_NOT_FOUND")) return [];
    throw error;
  }
}
