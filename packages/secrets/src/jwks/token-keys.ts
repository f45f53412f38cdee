import { type AbortOptions, type Clock, isKeelsonError, systemClock } from "@keelson/core";
import { errors, type JWTPayload, jwtVerify, SignJWT } from "jose";
import { assertSpan } from "../arguments.ts";
import { notFound } from "../records.ts";
import type { LiveSecret, SecretStore } from "../secret-store.ts";
import { type PublicJwks, readTokenKey, type TokenKey } from "./token-key.ts";

const FIVE_MINUTES_MS = 300_000;

/** What {@link createTokenKeys} takes. */
export interface TokenKeysOptions {
  /** Where the keys are. */
  readonly store: Pick<SecretStore, "live" | "noteUse">;
  /** The secret, of kind `"use"`, whose values `generateTokenKey` makes. */
  readonly name: string;
  /** The longest that others may keep the published keys. Default: five minutes. */
  readonly maxAgeMs?: number | undefined;
  /** Judges and stamps tokens. It should be the store's. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** What {@link TokenKeys.verify} takes. */
export interface TokenVerifyOptions extends AbortOptions {
  /** The `iss` a token must have. Default: any. */
  readonly issuer?: string | undefined;
  /** The `aud` a token must have. Default: any. */
  readonly audience?: string | undefined;
  /** Who presents it, for the usage of the key's versions. Default `"unnamed"`. */
  readonly consumer?: string | undefined;
}

/** What {@link TokenKeys.verify} found. Tell the presenter no more than `ok`. */
export type TokenVerdict = TokenAccepted | TokenRefused;

/** The token is signed by a live version, and its own times and claims hold. */
export interface TokenAccepted {
  readonly ok: true;
  /** The version that signed it. */
  readonly version: number;
  /** `"previous"` tells of a token that was signed before the rotation. */
  readonly stage: "current" | "previous";
  /** Its claims. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** The token is not to be believed. */
export interface TokenRefused {
  readonly ok: false;
}

/** The key pairs of one secret. */
export interface TokenKeys {
  /**
   * Signs a token by the current version: a JWT (RFC 7519) with `iat`, `exp` and the key's `kid`.
   *
   * @param claims What it says; `iat` and `exp` are added.
   * @param ttlMs How long it is valid. Longer than the grace of a rotation, its key may be refused first.
   * @throws KeelsonError SECRET_NOT_FOUND when there is no such secret, or it has no current version.
   */
  sign(claims: Readonly<Record<string, unknown>>, ttlMs: number, options?: AbortOptions): Promise<string>;

  /**
   * Is this token signed by a key that is accepted now, by the same deadlines as `SecretStore.verify`, and itself
   * valid? A token without `exp` is not.
   */
  verify(token: string, options?: TokenVerifyOptions): Promise<TokenVerdict>;

  /** The public keys that are accepted now, and until when no more than these may be: the earliest deadline. */
  jwks(options?: AbortOptions): Promise<PublicJwks & { readonly expiresAtMs: number | undefined }>;

  /**
   * The set as the answer of an HTTP endpoint, such as `/.well-known/jwks.json`. It may be cached for `maxAgeMs`, and
   * never beyond the earliest deadline; not at all in the last second before it.
   */
  respond(options?: AbortOptions): Promise<Response>;
}

/**
 * Makes the keys of a secret ready to sign and verify tokens.
 *
 * @throws KeelsonError ARGUMENT_INVALID when `maxAgeMs` is no time.
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore } from "@keelson/secrets";
 * import { createTokenKeys, generateTokenKey } from "@keelson/secrets/jwks";
 *
 * const store = createSecretStore(createMemoryStorage());
 * await store.put("tokens", await generateTokenKey());
 * const keys = createTokenKeys({ store, name: "tokens" });
 *
 * const token = await keys.sign({ sub: "ingest" }, 60_000);
 * await store.rotate("tokens", { graceMs: 120_000, value: await generateTokenKey() });
 * const verdict = await keys.verify(token);
 * console.log(verdict.ok && [verdict.stage, verdict.claims.sub]); // [ 'previous', 'ingest' ]
 * console.log((await keys.jwks()).keys.length); // 2
 *
 * await store.expireGrace("tokens");
 * console.log((await keys.verify(token)).ok); // false
 * console.log((await keys.jwks()).keys.length); // 1
 * ```
 */
export function createTokenKeys(options: TokenKeysOptions): TokenKeys {
  const { store, name, maxAgeMs = FIVE_MINUTES_MS, clock = systemClock } = options;
  assertSpan("maxAgeMs", maxAgeMs);
  // Imported keys by version. They count only while the version lives, and for the same value.
  let imported = new Map<number, { readonly value: string; readonly key: Promise<TokenKey> }>();

  const keyOf = (live: LiveSecret): Promise<TokenKey> => {
    const value = live.secret.expose();
    const known = imported.get(live.version);
    if (known?.value === value) return known.key;
    const key = readTokenKey(live);
    imported.set(live.version, { value, key });
    return key;
  };

  const read = async (signal: AbortSignal | undefined): Promise<{ live: LiveSecret; key: TokenKey }[]> => {
    const all = await store.live(name, { signal });
    imported = new Map([...imported].filter(([version]) => all.some((live) => live.version === version)));
    return Promise.all(all.map(async (live) => ({ live, key: await keyOf(live) })));
  };

  const jwks: TokenKeys["jwks"] = async ({ signal } = {}) => {
    const all = await read(signal);
    const deadlines = all.flatMap(({ live: { expiresAtMs } }) =>
      expiresAtMs === undefined ? [] : [expiresAtMs],
    );
    return {
      keys: all.map(({ key }) => key.jwk),
      expiresAtMs: deadlines.length === 0 ? undefined : Math.min(...deadlines),
    };
  };

  return {
    jwks,

    async sign(claims, ttlMs, { signal } = {}) {
      assertSpan("ttlMs", ttlMs);
      const current = (await read(signal)).find(({ live }) => live.stage === "current");
      if (current === undefined) throw notFound(name, `secret ${name} has no current version`);
      const { alg, kid, privateKey } = current.key;
      const seconds = Math.floor(clock.now() / 1000);
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg, kid, typ: "JWT" })
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + Math.floor(ttlMs / 1000))
        .sign(privateKey);
    },

    async verify(token, { issuer, audience, consumer, signal } = {}) {
      const all = await read(signal).catch((error: unknown) => {
        if (isKeelsonError(error, "SECRET_NOT_FOUND")) return [];
        throw error;
      });
      let signer: LiveSecret | undefined;
      let claims: JWTPayload;
      try {
        const verified = await jwtVerify(
          token,
          ({ kid, alg }) => {
            const found = all.find(({ key }) => key.kid === kid && key.alg === alg);
            if (found === undefined) throw new errors.JWKSNoMatchingKey();
            signer = found.live;
            return found.key.publicKey;
          },
          {
            requiredClaims: ["exp"],
            currentDate: new Date(clock.now()),
            ...(issuer !== undefined && { issuer }),
            ...(audience !== undefined && { audience }),
          },
        );
        claims = verified.payload;
      } catch (error) {
        if (error instanceof errors.JOSEError || error instanceof TypeError) return { ok: false };
        throw error;
      }
      if (signer === undefined) return { ok: false };
      const { version, stage } = signer;
      await store.noteUse(name, version, { consumer, signal });
      return { ok: true, version, stage, claims };
    },

    async respond({ signal } = {}) {
      const { keys, expiresAtMs } = await jwks({ signal });
      const leftMs = Math.min(maxAgeMs, (expiresAtMs ?? Number.POSITIVE_INFINITY) - clock.now());
      const seconds = Math.max(0, Math.floor(leftMs / 1000));
      return new Response(JSON.stringify({ keys }), {
        headers: {
          "content-type": "application/jwk-set+json",
          "cache-control": seconds === 0 ? "no-store" : `public, max-age=${seconds}`,
        },
      });
    },
  };
}
