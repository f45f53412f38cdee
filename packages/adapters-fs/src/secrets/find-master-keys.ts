import type { FileSystem } from "../file-system.ts";
import { readMasterKey } from "./master-key.ts";
import type { MasterKeyOptions } from "./master-key-options.ts";

/** The keys at hand when a store is opened. */
export interface FoundMasterKeys {
  /** Seals. `undefined` where there is none yet, or where its file is gone. */
  readonly current: Uint8Array | undefined;
  /** Still opens: from it a rotation that did not come to its end went away. */
  readonly previous: Uint8Array | undefined;
  /** The store's key file; `undefined` where the caller keeps the key. */
  readonly file: string | undefined;
  /** The key file in the store's directory, whether it is used or not. */
  readonly ownFile: string;
  /** A key file that others than its owner can read or write. */
  readonly exposedFile: string | undefined;
}

/** What {@link findMasterKeys} takes. */
export interface FindMasterKeysOptions extends MasterKeyOptions {
  readonly fileSystem: FileSystem;
  /** The key file in the store's directory. */
  readonly ownFile: string;
}

/** Where a rotation puts the new key until all secrets are wrapped with it. */
export function nextKeyFile(file: string): string {
  return `${file}.next`;
}

/**
 * Takes the keys that were given, else reads those of the key file. It changes nothing.
 *
 * @throws KeelsonError STORE_CORRUPT when a key file is damaged.
 */
export async function findMasterKeys(options: FindMasterKeysOptions): Promise<FoundMasterKeys> {
  const { fileSystem, masterKey, previousMasterKey, ownFile } = options;
  if (masterKey !== undefined)
    return {
      current: masterKey,
      previous: previousMasterKey,
      ownFile,
      file: undefined,
      exposedFile: undefined,
    };
  // A rotation puts the new key where the old one lies, not where a link to it does.
  const file = await fileSystem.realPath(options.masterKeyFile ?? ownFile);
  const kept = await readMasterKey(fileSystem, file);
  // A rotation goes forward from here on: its new key is whole, and some secrets may be wrapped with it.
  const next = await readMasterKey(fileSystem, nextKeyFile(file));
  const exposedFile = kept?.isExposed ? file : next?.isExposed ? nextKeyFile(file) : undefined;
  if (next === undefined) return { current: kept?.key, previous: undefined, ownFile, file, exposedFile };
  return { current: next.key, previous: kept?.key, ownFile, file, exposedFile };
}
