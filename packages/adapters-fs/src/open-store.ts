import { orAbort } from "@keelson/core";
import {
  createAccess,
  createEngine,
  createSecretBackend,
  createStateStore,
  createVectorStore,
} from "@keelson/storage-engine";
import { createFsBlobs, syncBlobNames } from "./blobs/fs-blobs.ts";
import { type Compactor, createCompactor } from "./compactor.ts";
import { makeDirectory, orRelease, removeIfThere, takeSteps } from "./durable-files.ts";
import type { FileSystem } from "./file-system.ts";
import { createHealth } from "./health.ts";
import { createLayout, type Layout } from "./layout.ts";
import { openLog } from "./log/open-log.ts";
import type { FsStorage, FsStorageOptions } from "./open-fs-storage.ts";
import { openReader } from "./open-reader.ts";
import { acquireOwnerLock, type OwnerLock } from "./owner-lock.ts";
import type { Processes } from "./processes.ts";
import { type ResolvedOptions, resolveOptions } from "./resolve-options.ts";
import { findMasterKeys } from "./secrets/find-master-keys.ts";
import { masterKeyOptions } from "./secrets/master-key-options.ts";
import { openMasterKey } from "./secrets/open-master-key.ts";
import { failed } from "./store-error.ts";
import { createTurns } from "./turns.ts";

/** What the store asks of the machine. */
export interface Machine {
  readonly fileSystem: FileSystem;
  readonly processes: Processes;
}

/** Opens a storage on a machine: the real one, or one that a test makes up. */
export async function openStore(
  directory: string,
  options: Omit<FsStorageOptions, "fileSystem">,
  machine: Machine,
): Promise<FsStorage> {
  const layout = createLayout(directory);
  const resolved = resolveOptions(options);
  const { fileSystem } = machine;
  try {
    if (resolved.readOnly) return await openReader(fileSystem, layout, resolved);
    await makeDirectory(fileSystem, layout.temporary);
    const lock = await acquireOwnerLock({ ...machine, layout });
    return await orRelease(
      () => openOwned({ ...resolved, fileSystem, layout, lock }),
      () => lock.release(!lock.takenOver),
    );
  } catch (cause) {
    throw failed(`open ${layout.root}`, cause);
  }
}

interface OwnedOptions extends ResolvedOptions {
  readonly fileSystem: FileSystem;
  readonly layout: Layout;
  readonly lock: OwnerLock;
}

async function openOwned(options: OwnedOptions): Promise<FsStorage> {
  const { fileSystem, layout, lock, keys, onTornTail } = options;
  await sweepTemporary(fileSystem, layout);
  await makeDirectory(fileSystem, layout.blobs);
  if (lock.takenOver) await syncBlobNames(fileSystem, layout);

  // Before the log, which opening may repair: where anything is damaged nothing is changed.
  const found = await findMasterKeys({ fileSystem, ...keys, ownFile: layout.masterKey });
  const engine = createEngine();
  const health = createHealth();
  let compactor: Compactor | undefined;
  const log = await openLog({
    ...options,
    health,
    engine,
    onWritten: () => compactor?.consider(),
  });
  const { storeId, writer, checkpoint, tornTail } = log;
  const closeLog = (): Promise<void> =>
    takeSteps([async () => await checkpoint?.texts.close(), () => writer.close()]);
  const openStores = async (): Promise<FsStorage> => {
    const masterKey = await openMasterKey({
      ...{ fileSystem, lock, health, storeId, found, engine, journal: writer },
    });
    // In a turn of its own: what it throws is the host's to report, and never fails the opening.
    if (tornTail !== undefined) queueMicrotask(() => onTornTail?.(tornTail));

    const access = createAccess(layout.root);
    const parts = { engine, journal: writer, access };
    const turns = createTurns();
    const compacting = createCompactor({ ...options, storeId, engine, writer, health, checkpoint });
    compactor = compacting;
    let closing: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      access.close();
      await takeSteps([turns.idle, compacting.close, closeLog, () => lock.release(health.isWell())]);
    };
    const stores = {
      vectors: createVectorStore({ ...parts, durable: true, physicalDelete: false }),
      state: createStateStore(parts),
      blobs: createFsBlobs({ ...options, access, health, turns, alone: true }),
      secrets: createSecretBackend({ ...parts, durable: true, sealed: true, sealer: masterKey.sealer }),
    };
    // Whoever asks for a text that could not be read is told, and so is the next who writes.
    checkpoint?.texts.follow().catch((cause: unknown) => health.fail("read the texts", cause));
    return {
      ...stores,
      reclaim: async (callOptions) => {
        access.enter(callOptions?.signal);
        const reclaimedBytes = await orAbort(compacting.reclaim(), callOptions?.signal);
        return { reclaimedBytes, stores: Object.values(stores) };
      },
      rotateMasterKey: async (rotateOptions) => {
        access.enter(rotateOptions?.signal);
        const { masterKey: to } = masterKeyOptions({ masterKey: rotateOptions?.masterKey });
        const rotation = turns.beside(() => masterKey.rotate(to));
        return { rewrapped: await orAbort(rotation, rotateOptions?.signal) };
      },
      close: () => {
        closing ??= end().catch((cause: unknown) => {
          throw failed("close the store", cause);
        });
        return closing;
      },
    };
  };
  return await orRelease(openStores, closeLog);
}

// Whatever lies there was on its way when a process ended. One that was only taken for dead may remove it meanwhile.
async function sweepTemporary(fileSystem: FileSystem, layout: Layout): Promise<void> {
  for (const name of await fileSystem.list(layout.temporary))
    await removeIfThere(fileSystem, `${layout.temporary}/${name}`);
}
