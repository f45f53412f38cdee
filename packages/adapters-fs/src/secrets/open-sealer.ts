import type { SealedSecret, Sealer } from "@keelson/storage-engine";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { createMasterKey } from "./master-key.ts";
import { createRefusingSealer, createSealer, sealKeyId } from "./sealer.ts";

/** What {@link openSealer} takes. */
export interface OpenSealerOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly storeId: Uint8Array;
  /** The key that was given or lies in the store's key file. Where there is none, a store without secrets gets one. */
  readonly masterKey: Uint8Array | undefined;
  /** What the store holds. */
  readonly secrets: readonly SealedSecret[];
}

/**
 * Makes the sealer of a store. Where the secrets were sealed with another key, nothing is sealed with this one
 * beside them: a store never needs two keys.
 */
export async function openSealer(options: OpenSealerOptions): Promise<Sealer> {
  const { fileSystem, layout, storeId, masterKey, secrets } = options;
  if (masterKey === undefined && secrets.length > 0)
    return createRefusingSealer("no master key was given, and the key file is missing");
  const sealer = createSealer(masterKey ?? (await createMasterKey(fileSystem, layout)), storeId);
  if (secrets.some(({ sealed }) => sealKeyId(sealed) !== sealer.keyId))
    return createRefusingSealer("the store's secrets were sealed with another master key");
  return sealer;
}
