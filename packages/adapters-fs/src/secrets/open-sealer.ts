import type { SealedSecret, Sealer } from "@keelson/storage-engine";
import type { FileSystem } from "../file-system.ts";
import type { Layout } from "../layout.ts";
import { createMasterKey, readMasterKey } from "./master-key.ts";
import { createRefusingSealer, createSealer, sealKeyId } from "./sealer.ts";

/** What {@link openSealer} takes. */
export interface OpenSealerOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly storeId: Uint8Array;
  /** Default: the key in the store's key file, which is made for a store without secrets. */
  readonly masterKey: Uint8Array | undefined;
  /** What the store holds. */
  readonly secrets: readonly SealedSecret[];
}

/**
 * Finds the key and makes the sealer. Where the secrets were sealed with another key, nothing is sealed with this one
 * beside them: a store never needs two keys.
 */
export async function openSealer(options: OpenSealerOptions): Promise<Sealer> {
  const { fileSystem, layout, storeId, secrets } = options;
  const found = options.masterKey ?? (await readMasterKey(fileSystem, layout));
  if (found === undefined && secrets.length > 0)
    return createRefusingSealer("no master key was given, and the key file is missing");
  const sealer = createSealer(found ?? (await createMasterKey(fileSystem, layout)), storeId);
  if (secrets.some(({ sealed }) => sealKeyId(sealed) !== sealer.keyId))
    return createRefusingSealer("the store's secrets were sealed with another master key");
  return sealer;
}
