import { resolve } from "node:path";
import { argumentInvalid } from "@keelson/core";
import { ownMasterKey } from "./master-key.ts";

/** Where the master key of a store comes from. */
export interface MasterKeyOptions {
  readonly masterKey: Uint8Array | undefined;
  readonly previousMasterKey: Uint8Array | undefined;
  /** Absolute; `undefined`: in the store's directory. */
  readonly masterKeyFile: string | undefined;
}

/**
 * Checks what was given, and copies keys.
 *
 * @throws KeelsonError ARGUMENT_INVALID when it makes no sense.
 */
export function masterKeyOptions(options: {
  readonly masterKey?: unknown;
  readonly previousMasterKey?: unknown;
  readonly masterKeyFile?: unknown;
}): MasterKeyOptions {
  const { masterKey, previousMasterKey, masterKeyFile } = options;
  if (previousMasterKey !== undefined && masterKey === undefined)
    throw argumentInvalid("previousMasterKey", "is given without the key that follows it");
  if (masterKeyFile !== undefined && masterKey !== undefined)
    throw argumentInvalid("masterKeyFile", "is given together with a key");
  if (masterKeyFile !== undefined && (typeof masterKeyFile !== "string" || masterKeyFile === ""))
    throw argumentInvalid("masterKeyFile", "is not a path");
  return {
    masterKey: masterKey === undefined ? undefined : ownMasterKey(masterKey, "masterKey"),
    previousMasterKey:
      previousMasterKey === undefined ? undefined : ownMasterKey(previousMasterKey, "previousMasterKey"),
    masterKeyFile: masterKeyFile === undefined ? undefined : resolve(masterKeyFile),
  };
}
