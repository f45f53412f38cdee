import { KeelsonError } from "@keelson/core";
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from "jose";
import type { LiveSecret } from "../secret-store.ts";

/** The signatures that tokens may have: those of key pairs, since the public key is published. */
export type TokenAlgorithm = "EdDSA" | "ES256" | "ES384" | "ES512" | "PS256" | "PS384" | "PS512" | "RS256";

const ALGORITHMS: readonly unknown[] = [
  "EdDSA",
  "ES256",
  "ES384",
  "ES512",
  "PS256",
  "PS384",
  "PS512",
  "RS256",
] satisfies TokenAlgorithm[];
// What RFC 7518 and RFC 8037 define of public keys. A list of what may go out lets nothing private slip through.
const PUBLIC_MEMBERS = ["kty", "crv", "x", "y", "n", "e", "alg"] as const;

/** A public key as published (RFC 7517). */
export interface PublicJwk {
  /** `"EC"`, `"OKP"` or `"RSA"`. */
  readonly kty: string;
  /** The key's thumbprint (RFC 7638). */
  readonly kid: string;
  readonly alg: TokenAlgorithm;
  readonly use: "sig";
  readonly crv?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly n?: string | undefined;
  readonly e?: string | undefined;
}

/** A set of public keys (RFC 7517). */
export interface PublicJwks {
  /** The current key first. */
  readonly keys: readonly PublicJwk[];
}

/** The two keys of one version. */
export interface TokenKey {
  readonly alg: TokenAlgorithm;
  readonly kid: string;
  readonly jwk: PublicJwk;
  readonly privateKey: CryptoKey | Uint8Array;
  readonly publicKey: CryptoKey | Uint8Array;
}

/**
 * A new key pair, as the value of a secret of kind `"use"`: give it to `put` and `rotate`, or make it in a `create` hook.
 *
 * @param alg Default `"ES256"`.
 * @returns The private key as the JSON text of a JWK.
 */
export async function generateTokenKey(alg: TokenAlgorithm = "ES256"): Promise<string> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), alg });
}

/**
 * Reads the key pair in a secret.
 *
 * @throws KeelsonError SECRET_UNREADABLE when there is none, or a shared key, which must not be published.
 */
export async function readTokenKey({ secret }: LiveSecret): Promise<TokenKey> {
  const { name } = secret;
  try {
    const jwk = JSON.parse(secret.expose()) as Record<string, unknown>;
    const { alg, d } = jwk;
    if (!ALGORITHMS.includes(alg) || typeof d !== "string") throw new TypeError("no private key of a pair");
    const open = Object.fromEntries(PUBLIC_MEMBERS.map((member) => [member, jwk[member]])) as {
      kty: string;
      alg: TokenAlgorithm;
    };
    const kid = await calculateJwkThumbprint(open);
    return {
      alg: open.alg,
      kid,
      jwk: JSON.parse(JSON.stringify({ ...open, kid, use: "sig" })) as PublicJwk,
      privateKey: await importJWK(jwk, open.alg),
      publicKey: await importJWK(open, open.alg),
    };
  } catch {
    // What was thrown may quote the key.
    throw new KeelsonError("SECRET_UNREADABLE", `the secret ${name} holds no private JWK of a key pair`, {
      details: { name, reason: "no private JWK of a key pair" },
    });
  }
}
