import type { StoredRotation, StoredSecret } from "./stored-secret.ts";
import { versionOf } from "./transitions.ts";

/** The rotation that one call carries out. */
export interface OwnRotation {
  readonly version: number;
  /** The version that it replaces. */
  readonly replaced: number | undefined;
}

/** Has it left its way to the commit? */
export function isOver(rotation: StoredRotation | undefined, { version }: OwnRotation): boolean {
  return rotation?.version !== version || rotation.phase === "finish";
}

/** Is its version live or past, with the value of this digest? */
export function stands(secret: StoredSecret, { version }: OwnRotation, digest: string): boolean {
  const own = versionOf(secret, version);
  return own?.digest === digest && own.stage !== "pending";
}

/** When the window of the version that it replaced ends, in epoch milliseconds, where there is one. */
export function windowOf(secret: StoredSecret, { replaced }: OwnRotation): number | undefined {
  const previous = replaced === undefined ? undefined : versionOf(secret, replaced);
  return previous?.stage === "previous" ? previous.expiresAtMs : undefined;
}
