import { createHmac, randomBytes } from "node:crypto";
import type { SecretHeaders } from "../http/secret-check.ts";

/**
 * How a webhook is signed.
 *
 * - `"stripe"`: one header, `stripe-signature: t=<seconds>,v1=<hex>`, over `<seconds>.<body>`, keyed by the secret's
 *   text as it stands;
 * - `"standard"`: Standard Webhooks (standardwebhooks.com), `webhook-id`, `webhook-timestamp` in seconds and
 *   `webhook-signature: v1,<base64>`, over `<id>.<seconds>.<body>`, keyed by the secret's base64 behind `whsec_`.
 *
 * Both are HMAC-SHA-256, and both may carry several signatures, which is how a secret is rotated.
 */
export type WebhookScheme = "stripe" | "standard";

/** What a request says of its own signature, before anything of it is believed. */
export interface ClaimedSignature {
  /** What stands before the body in what is signed. */
  readonly prefix: string;
  /** The sender's name for the message; `undefined` where the scheme has none. */
  readonly id: string | undefined;
  readonly sentAtMs: number;
  readonly signatures: readonly Buffer[];
}

/** How many signatures of one request are looked at. */
export const MOST_SIGNATURES = 8;
const STRIPE = "stripe-signature";
const WHSEC = "whsec_";
const LONGEST_HEADER = 4096;

/** A new secret for either scheme: `whsec_` and 32 random bytes in base64. */
export function generateWebhookSecret(): string {
  return WHSEC + randomBytes(32).toString("base64");
}

/** The HMAC key in a secret's text; nothing where it is empty, since anybody can sign with that. */
export function signingKey(scheme: WebhookScheme, secret: string): Buffer | undefined {
  if (scheme === "stripe") return Buffer.from(secret, "utf8");
  const key = Buffer.from(secret.startsWith(WHSEC) ? secret.slice(WHSEC.length) : secret, "base64");
  return key.length === 0 ? undefined : key;
}

/** The signature of a message. */
export function signatureOf(key: Buffer, prefix: string, body: string | Uint8Array): Buffer {
  return createHmac("sha256", key).update(prefix, "utf8").update(body).digest();
}

/** What stands before the body in what is signed. */
export function signedPrefix(scheme: WebhookScheme, id: string, seconds: number | string): string {
  return scheme === "stripe" ? `${seconds}.` : `${id}.${seconds}.`;
}

/** The headers of a signed message. */
export function signatureHeaders(
  scheme: WebhookScheme,
  id: string,
  seconds: number,
  signatures: readonly Buffer[],
): Record<string, string> {
  if (scheme === "stripe") {
    const parts = signatures.map((signature) => `v1=${signature.toString("hex")}`);
    return { [STRIPE]: [`t=${seconds}`, ...parts].join(",") };
  }
  return {
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": signatures.map((signature) => `v1,${signature.toString("base64")}`).join(" "),
  };
}

/** What the headers claim; nothing where they are not of the scheme. */
export function readClaim(scheme: WebhookScheme, headers: SecretHeaders): ClaimedSignature | undefined {
  return scheme === "stripe" ? readStripe(headers) : readStandard(headers);
}

function readStripe(headers: SecretHeaders): ClaimedSignature | undefined {
  const parts = headerOf(headers, STRIPE)
    .split(",")
    .map((part) => part.trim());
  const valuesOf = (key: string): string[] =>
    parts.flatMap((part) => (part.startsWith(`${key}=`) ? [part.slice(key.length + 1)] : []));
  const [seconds = ""] = valuesOf("t");
  const signatures = valuesOf("v1").map((hex) => Buffer.from(hex, "hex"));
  return claim(undefined, seconds, signedPrefix("stripe", "", seconds), signatures);
}

function readStandard(headers: SecretHeaders): ClaimedSignature | undefined {
  const id = headerOf(headers, "webhook-id");
  const seconds = headerOf(headers, "webhook-timestamp");
  const signatures = headerOf(headers, "webhook-signature")
    .split(" ")
    .flatMap((part) => (part.startsWith("v1,") ? [Buffer.from(part.slice(3), "base64")] : []));
  if (id === "") return undefined;
  return claim(id, seconds, signedPrefix("standard", id, seconds), signatures);
}

function claim(
  id: string | undefined,
  seconds: string,
  prefix: string,
  signatures: readonly Buffer[],
): ClaimedSignature | undefined {
  if (!/^\d{1,12}$/.test(seconds)) return undefined;
  const whole = signatures.filter(({ length }) => length === 32).slice(0, MOST_SIGNATURES);
  return { prefix, id, sentAtMs: Number(seconds) * 1000, signatures: whole };
}

function headerOf(headers: SecretHeaders, name: string): string {
  return (headers.get(name) ?? "").slice(0, LONGEST_HEADER);
}
