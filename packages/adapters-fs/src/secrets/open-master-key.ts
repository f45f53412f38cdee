import { argumentInvalid, secretUnreadable } from "@keelson/core";
import type { Engine, Journal, Sealer } from "@keelson/storage-engine";
import type { FileSystem } from "../file-system.ts";
import type { Health } from "../health.ts";
import type { OwnerLock } from "../owner-lock.ts";
import { type FoundMasterKeys, nextKeyFile } from "./find-master-keys.ts";
import type { Keyring } from "./keyring.ts";
import {
  moveMasterKey,
  newMasterKey,
  readMasterKey,
  removeMasterKey,
  sweepMasterKey,
  writeMasterKey,
} from "./master-key.ts";
import { createRefusingSealer, openKeyring } from "./open-keyring.ts";
import { deriveWrappingKey } from "./wrapping-key.ts";

/** The master key of an open store. */
export interface MasterKey {
  readonly sealer: Sealer;
  /**
   * Wraps the data keys of all secrets with another key. Rotations run one after the other.
   *
   * @param to `undefined`: a new one in the store's key file.
   * @returns How many secrets were wrapped anew.
   */
  rotate(to: Uint8Array | undefined): Promise<number>;
}

/** What {@link openMasterKey} takes. */
export interface OpenMasterKeyOptions {
  readonly fileSystem: FileSystem;
  readonly lock: OwnerLock;
  readonly health: Health;
  readonly storeId: Uint8Array;
  readonly found: FoundMasterKeys;
  readonly engine: Engine;
  readonly journal: Journal;
}

/**
 * Opens the secrets of a store with the keys that were found, and ends a rotation that a crash cut short. A store
 * without secrets gets a key where it has none. Where the keys do not open every secret, nothing is sealed beside them.
 *
 * A rotation goes through these states, each of which opens: the new key in a file beside the old one; some, then all
 * secrets wrapped with the new key; the new key in place of the old one. From the first on it goes forward.
 */
export async function openMasterKey(options: OpenMasterKeyOptions): Promise<MasterKey> {
  const { fileSystem, lock, health, storeId, found, engine, journal } = options;
  const wrappingKey = (key: Uint8Array): ReturnType<typeof deriveWrappingKey> =>
    deriveWrappingKey(key, storeId);
  let { file } = found;

  const isNew = found.current === undefined && engine.secrets.keys().length === 0;
  const keys = isNew && found.exposedFile === undefined ? { ...found, current: await createKey() } : found;
  const opened = openKeyring(keys, storeId, engine);
  if (typeof opened === "string") return refuse(opened, engine);
  const keyring: Keyring = opened;
  await rewrapAll(keyring);
  await settleFiles();
  keyring.forgetOthers();

  let turn: Promise<unknown> = Promise.resolve();
  return {
    sealer: keyring,
    rotate: (to) => {
      if (to === undefined && file === undefined)
        throw argumentInvalid(
          "masterKey",
          "is missing: the store was opened with a key that it does not keep",
        );
      const rotation = turn.then(() => rotate(to));
      turn = rotation.catch(() => {});
      return rotation;
    },
  };

  async function rotate(to: Uint8Array | undefined): Promise<number> {
    health.assert();
    try {
      const key = to ?? newMasterKey();
      await lock.assertHeld();
      if (to === undefined && file !== undefined) await writeMasterKey(fileSystem, nextKeyFile(file), key);
      keyring.use(wrappingKey(key));
      const rewrapped = await rewrapAll(keyring);
      await lock.assertHeld();
      if (to !== undefined && file !== undefined) {
        await removeMasterKey(fileSystem, file);
        file = undefined;
      }
      await settleFiles();
      keyring.forgetOthers();
      return rewrapped;
    } catch (cause) {
      // Which key the secrets on the medium need is open now, and only a fresh reading can tell.
      throw health.fail("rotate the master key", cause);
    }
  }

  /** All in one turn, so that nothing is sealed in between. */
  async function rewrapAll(ring: Keyring): Promise<number> {
    const secrets = engine.secrets.values().filter((secret) => !ring.isCurrent(secret));
    const ops = secrets.map((secret) => {
      const { name, revision } = secret;
      return { type: "writeSecret", name, revision, sealed: ring.rewrap(secret) } as const;
    });
    const appended = ops.map((op) => {
      const { bytes, written } = journal.append(op);
      engine.apply(op, bytes);
      return written;
    });
    await Promise.all(appended);
    return ops.length;
  }

  /** Once every secret is wrapped with the key that seals: puts its file in place, removes one that opens nothing. */
  async function settleFiles(): Promise<void> {
    if (file !== undefined) {
      const next = nextKeyFile(file);
      if (await fileSystem.exists(next)) {
        await moveMasterKey(fileSystem, next, file);
        // A cut in the middle of this may have left one file under both names, of which a rename takes none away.
        if (await fileSystem.exists(next)) await removeMasterKey(fileSystem, next);
      }
      for (const path of [file, next]) await sweepMasterKey(fileSystem, path);
      return;
    }
    // Left behind by a rotation to a key that the caller keeps, unless there is nothing that it could have opened.
    if (engine.secrets.keys().length === 0) return;
    for (const left of [found.ownFile, nextKeyFile(found.ownFile)])
      if ((await readMasterKey(fileSystem, left)) !== undefined) await removeMasterKey(fileSystem, left);
  }

  async function createKey(): Promise<Uint8Array> {
    const key = newMasterKey();
    if (file !== undefined) await writeMasterKey(fileSystem, file, key);
    return key;
  }
}

function refuse(reason: string, engine: Engine): MasterKey {
  return {
    sealer: createRefusingSealer(reason),
    rotate: async () => {
      throw secretUnreadable(engine.secrets.keys()[0] ?? "", reason);
    },
  };
}
