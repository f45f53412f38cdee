import { type Awaitable, Secret } from "@keelson/core";
import type { StoredSecret } from "./stored-secret.ts";
import { currentOf, versionOf } from "./transitions.ts";

/** What every hook is told. */
export interface RotationContext {
  /** The secret's name. */
  readonly name: string;
  /** The version that the rotation is to bring. `name@version` is a stable key for idempotent calls. */
  readonly version: number;
  /** The new value; `undefined` before it is made, and for kind `"verify"` after a crash. */
  readonly candidate: Secret | undefined;
  /** The value it is to replace; `undefined` for kind `"verify"`, after the commit, and where there is none. */
  readonly current: Secret | undefined;
  /** The caller's signal. An abort leaves the rotation to the next `rotate`. */
  readonly signal: AbortSignal | undefined;
}

/** What the hooks are told that need the new value. */
export interface CandidateContext extends RotationContext {
  /** The new value. */
  readonly candidate: Secret;
}

/**
 * The side effects of a rotation outside the store, in their order. Each may run more than once for the same version,
 * after a crash or in two processes at a time, and must then do no more than once. Each fails by throwing; what it
 * throws is dropped, since it may quote the value.
 *
 * Consumers get the new value after the commit (`finish`): `verify` does not accept a pending version.
 */
export interface RotationHooks {
  /** Makes the new value where the other side issues it. Not called when `rotate` was given one. */
  readonly create?: ((context: RotationContext) => Awaitable<string | Secret>) | undefined;
  /** Makes the other side accept the new value beside the current one. */
  readonly set?: ((context: CandidateContext) => Awaitable<void>) | undefined;
  /** Does the other side accept the new value? `false` fails the rotation, as throwing does. */
  readonly test?: ((context: CandidateContext) => Awaitable<boolean>) | undefined;
  /** After the commit: tells consumers to move. The previous version is accepted until its deadline. */
  readonly finish?: ((context: RotationContext) => Awaitable<void>) | undefined;
  /** Takes back what `create` and `set` may have done. Runs before the failure is reported. */
  readonly undo?: ((context: RotationContext) => Awaitable<void>) | undefined;
}

/** The names of the hooks given, in the order in which they run. */
export function hookNames(hooks: RotationHooks): string[] {
  return (["create", "set", "test", "finish", "undo"] as const).filter((hook) => hooks[hook] !== undefined);
}

/** What the hooks are told of one version. `own` is its value where the record does not hold it. */
export function rotationContext(
  secret: StoredSecret,
  version: number,
  own: string | undefined,
  signal: AbortSignal | undefined,
): RotationContext {
  const { name } = secret;
  const target = versionOf(secret, version);
  const replaced = target?.stage === "pending" ? currentOf(secret) : undefined;
  const value = target?.value ?? own;
  return {
    name,
    version,
    candidate: value === undefined ? undefined : new Secret(value, { name, version }),
    current:
      replaced?.value === undefined
        ? undefined
        : new Secret(replaced.value, { name, version: replaced.version }),
    signal,
  };
}
