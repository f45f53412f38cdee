import { type AbortOptions, argumentInvalid } from "@keelson/core";
import type { SecretStore, VerifyResult } from "../secret-store.ts";

const BEARER = "bearer ";
const AUTHORIZATION = "authorization";

/** The headers of a request, as `fetch` has them. */
export interface SecretHeaders {
  /** The header's value; `null` where there is none. */
  get(name: string): string | null;
}

/** What {@link createSecretCheck} takes. */
export interface SecretCheckOptions {
  /** Where the secret is. */
  readonly store: Pick<SecretStore, "verify">;
  /**
   * Which secret is to be presented, of either kind. A function finds it by the headers, for a secret a client;
   * `undefined` refuses, at the same cost.
   */
  readonly name: string | ((headers: SecretHeaders) => string | undefined);
  /** The header it is presented in, whole. Default `"authorization"`, as `Bearer <secret>` (RFC 6750). */
  readonly header?: string | undefined;
  /** Who presents it, for the usage: of 1 to 128 UTF-16 code units. Default `"unnamed"`. */
  readonly consumer?: string | undefined;
}

/** Checks what the headers of one request present. */
export type SecretCheck = (headers: SecretHeaders, options?: AbortOptions) => Promise<VerifyResult>;

/**
 * Makes a check of the secret that requests present, for frameworks that have no wrapper here. What is missing or
 * malformed costs as much as what is wrong, and is answered in the same way.
 *
 * @throws KeelsonError ARGUMENT_INVALID when there is no header's name.
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore } from "@keelson/secrets";
 * import { createSecretCheck } from "@keelson/secrets/http";
 *
 * const store = createSecretStore(createMemoryStorage());
 * const { secret } = await store.put("ingest", undefined, { kind: "verify" });
 * const check = createSecretCheck({ store, name: "ingest" });
 *
 * console.log((await check(new Headers({ authorization: `Bearer ${secret.expose()}` }))).ok); // true
 * console.log((await check(new Headers({ authorization: "Bearer guessed" }))).ok); // false
 * ```
 */
export function createSecretCheck(options: SecretCheckOptions): SecretCheck {
  const { store, name, header = AUTHORIZATION, consumer } = options;
  if (header === "") throw argumentInvalid("header", "is empty");
  const isBearer = header.toLowerCase() === AUTHORIZATION;

  return async (headers, { signal } = {}) => {
    const given = headers.get(header) ?? "";
    const presented = isBearer ? bearerToken(given) : given.trim();
    const wanted = typeof name === "string" ? name : nameOrNone(name(headers));
    // Nothing presented is a wrong value, and no name a name that is not there.
    const result = await store.verify(wanted ?? NO_NAME, presented, { consumer, signal });
    return wanted === undefined ? { ok: false } : result;
  };
}

/** What stands in for a name where there is none. It may exist: what it answers is not used. */
const NO_NAME = "\u0000";
const LONGEST_NAME = 256;

function nameOrNone(name: string | undefined): string | undefined {
  // A client may have sent it: what cannot be a name is none, and no error.
  if (name === undefined || name === "" || name.length > LONGEST_NAME) return undefined;
  return name.isWellFormed() ? name : undefined;
}

function bearerToken(header: string): string {
  return header.slice(0, BEARER.length).toLowerCase() === BEARER ? header.slice(BEARER.length).trim() : "";
}
