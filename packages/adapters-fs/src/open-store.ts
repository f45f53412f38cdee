import { resolve } from "node:path";
import type { Storage } from "@keelson/core";
import {
  argumentInvalid,
  createAccess,
  createEngine,
  createSecretBackend,
  createStateStore,
  createVectorStore,
} from "@keelson/storage-engine";
import { createFsBlobs, syncBlobNames } from "./blobs/fs-blobs.ts";
import { makeDirectory } from "./durable-files.ts";
import type { FileSystem } from "./file-system.ts";
import { createHealth } from "./health.ts";
import { createLayout, type Layout } from "./layout.ts";
import { type OpenLogOptions, openLog } from "./log/open-log.ts";
import type { FsStorageOptions } from "./open-fs-storage.ts";
import { acquireOwnerLock, type OwnerLock } from "./owner-lock.ts";
import type { Processes } from "./processes.ts";
import { ownMasterKey, readMasterKey } from "./secrets/master-key.ts";
import { openSealer } from "./secrets/open-sealer.ts";
import { failed } from "./store-error.ts";

/** What the store asks of the machine. */
export interface Machine {
  readonly fileSystem: FileSystem;
  readonly processes: Processes;
}

const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024;

/** Opens a storage on a machine: the real one, or one that a test makes up. */
export async function openStore(
  directory: string,
  options: Omit<FsStorageOptions, "fileSystem">,
  machine: Machine,
): Promise<Storage> {
  const { segmentBytes = DEFAULT_SEGMENT_BYTES, onTornTail } = options;
  if (typeof directory !== "string" || directory === "") throw argumentInvalid("directory", "is not a path");
  const masterKey = options.masterKey === undefined ? undefined : ownMasterKey(options.masterKey);
  if (!Number.isSafeInteger(segmentBytes) || segmentBytes < 1)
    throw argumentInvalid(
      "segmentBytes",
      `is ${String(segmentBytes)}, expected a whole number of at least 1`,
    );

  const layout = createLayout(resolve(directory));
  try {
    await makeDirectory(machine.fileSystem, layout.temporary);
    const lock = await acquireOwnerLock({ ...machine, layout });
    try {
      return await openOwned({ machine, layout, lock, masterKey, segmentBytes, onTornTail });
    } catch (error) {
      // The first error says more than one about letting go.
      await lock.release(!lock.takenOver).catch(() => {});
      throw error;
    }
  } catch (cause) {
    throw failed(`open ${layout.root}`, cause);
  }
}

interface OwnedOptions extends Pick<FsStorageOptions, "masterKey" | "onTornTail"> {
  readonly machine: Machine;
  readonly layout: Layout;
  readonly lock: OwnerLock;
  readonly segmentBytes: number;
}

async function openOwned(options: OwnedOptions): Promise<Storage> {
  const { layout, lock, segmentBytes, onTornTail } = options;
  const { fileSystem } = options.machine;
  await sweepTemporary(fileSystem, layout);
  await makeDirectory(fileSystem, layout.blobs);
  if (lock.takenOver) await syncBlobNames(fileSystem, layout);

  // Before the log, which opening may repair: where anything is damaged nothing is changed.
  const masterKey = options.masterKey ?? (await readMasterKey(fileSystem, layout));
  const engine = createEngine();
  const health = createHealth();
  const { apply } = engine;
  const log = await openLog({
    fileSystem,
    layout,
    lock,
    health,
    segmentBytes,
    apply,
  } satisfies OpenLogOptions);
  try {
    const secrets = engine.secrets.values();
    const { storeId, writer, tornTail } = log;
    const sealer = await openSealer({ fileSystem, layout, storeId, masterKey, secrets });
    // In a turn of its own: what it throws is the host's to report, and never fails the opening.
    if (tornTail !== undefined) queueMicrotask(() => onTornTail?.(tornTail));

    const access = createAccess(layout.root);
    const parts = { engine, journal: writer, access };
    const { blobs, idle } = createFsBlobs({ fileSystem, layout, access, health, lock });
    let closing: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      access.close();
      try {
        await idle();
        await writer.close();
      } finally {
        await lock.release(health.isWell());
      }
    };
    return {
      vectors: createVectorStore({ ...parts, durable: true, physicalDelete: false }),
      state: createStateStore(parts),
      blobs,
      secrets: createSecretBackend({ ...parts, durable: true, sealed: true, sealer }),
      close: () => {
        closing ??= end().catch((cause: unknown) => {
          throw failed("close the store", cause);
        });
        return closing;
      },
    };
  } catch (error) {
    await log.writer.close().catch(() => {});
    throw error;
  }
}

// Whatever lies there was on its way when a process ended.
async function sweepTemporary(fileSystem: FileSystem, layout: Layout): Promise<void> {
  for (const name of await fileSystem.list(layout.temporary))
    await fileSystem.remove(`${layout.temporary}/${name}`);
}
