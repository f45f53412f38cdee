import { secretUnreadable } from "@keelson/core";
import type { Engine, Sealer } from "@keelson/storage-engine";
import type { FoundMasterKeys } from "./find-master-keys.ts";
import { createKeyring, type Keyring } from "./keyring.ts";
import { deriveWrappingKey } from "./wrapping-key.ts";

/**
 * Makes the keyring of a store of the keys that were found. It changes nothing.
 *
 * @returns The reason where they do not open every secret: then nothing is sealed beside what they do not open.
 */
export function openKeyring(
  { current, previous, exposedFile }: FoundMasterKeys,
  storeId: Uint8Array,
  engine: Engine,
): Keyring | string {
  if (exposedFile !== undefined) return `${exposedFile} can be read or written by others: give it mode 600`;
  if (current === undefined) return "no master key was given, and the key file is missing";
  const others = previous === undefined ? [] : [deriveWrappingKey(previous, storeId)];
  const keyring = createKeyring(deriveWrappingKey(current, storeId), others);
  if (engine.secrets.values().every(keyring.opens)) return keyring;
  return "the store's secrets were sealed with another master key";
}

/** Stands in where the key to the store's secrets is not at hand: none is read or written. */
export function createRefusingSealer(reason: string): Sealer {
  const refuse = (_: string, name: string): never => {
    throw secretUnreadable(name, reason);
  };
  return { seal: refuse, unseal: refuse };
}
