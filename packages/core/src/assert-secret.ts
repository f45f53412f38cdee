import { argumentInvalid } from "./argument-invalid.ts";
import type { Secret } from "./secret.ts";

/**
 * Refuses what a secret backend cannot store. A `Secret` of another copy of this package is one too.
 *
 * @param maxBytes The most bytes of UTF-8 it may have. Default: no limit.
 * @throws KeelsonError ARGUMENT_INVALID when it is no secret, or longer.
 */
export function assertSecret(payload: unknown, maxBytes?: number): asserts payload is Secret {
  if (typeof (payload as Secret | null | undefined)?.expose !== "function")
    throw argumentInvalid("payload", "is not a Secret");
  if (maxBytes === undefined) return;
  if (new TextEncoder().encode((payload as Secret).expose()).byteLength > maxBytes)
    throw argumentInvalid("payload", `has more than ${maxBytes} bytes`);
}
