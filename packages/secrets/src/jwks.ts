/**
 * Tokens signed by a key pair that is rotated: the current key signs, and current and previous public keys are
 * published and accepted for as long as their versions are. Needs the package `jose`.
 *
 * @packageDocumentation
 */

export type { PublicJwk, PublicJwks, TokenAlgorithm } from "./jwks/token-key.ts";
export { generateTokenKey } from "./jwks/token-key.ts";
export type {
  TokenAccepted,
  TokenKeys,
  TokenKeysOptions,
  TokenRefused,
  TokenVerdict,
  TokenVerifyOptions,
} from "./jwks/token-keys.ts";
export { createTokenKeys } from "./jwks/token-keys.ts";
