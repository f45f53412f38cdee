import { resolve } from "node:path";
import type { Storage } from "@keelson/core";
import {
  argumentInvalid,
  createAccess,
  createEngine,
  createSecretBackend,
  createStateStore,
  createVectorStore,
  orAbort,
} from "@keelson/storage-engine";
import { createFsBlobs, syncBlobNames } from "./blobs/fs-blobs.ts";
import { type Compactor, createCompactor } from "./compactor.ts";
import { makeDirectory } from "./durable-files.ts";
import type { FileSystem } from "./file-system.ts";
import { createHealth } from "./health.ts";
import { createLayout, type Layout } from "./layout.ts";
import { openLog } from "./log/open-log.ts";
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
const DEFAULT_COMPACT_AT = 0.5;
const DEFAULT_COMPACT_FROM_BYTES = 16 * 1024 * 1024;

/** Opens a storage on a machine: the real one, or one that a test makes up. */
export async function openStore(
  directory: string,
  options: Omit<FsStorageOptions, "fileSystem">,
  machine: Machine,
): Promise<Storage> {
  const { segmentBytes = DEFAULT_SEGMENT_BYTES, compactAt = DEFAULT_COMPACT_AT } = options;
  const { compactFromBytes = DEFAULT_COMPACT_FROM_BYTES, durability = "disk", onTornTail } = options;
  if (typeof directory !== "string" || directory === "") throw argumentInvalid("directory", "is not a path");
  const masterKey = options.masterKey === undefined ? undefined : ownMasterKey(options.masterKey);
  assertPositive(segmentBytes, "segmentBytes");
  assertPositive(compactFromBytes, "compactFromBytes");
  if (typeof compactAt !== "number" || !(compactAt > 0 && compactAt <= 1))
    throw argumentInvalid("compactAt", `is ${String(compactAt)}, expected a number above 0 and up to 1`);
  if (durability !== "disk" && durability !== "os")
    throw argumentInvalid("durability", 'is neither "disk" nor "os"');

  const layout = createLayout(resolve(directory));
  try {
    await makeDirectory(machine.fileSystem, layout.temporary);
    const lock = await acquireOwnerLock({ ...machine, layout });
    try {
      const unsynced = durability === "os";
      return await openOwned({
        ...{
          machine,
          layout,
          lock,
          masterKey,
          segmentBytes,
          compactAt,
          compactFromBytes,
          unsynced,
          onTornTail,
        },
      });
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
  readonly compactAt: number;
  readonly compactFromBytes: number;
  readonly unsynced: boolean;
}

async function openOwned(options: OwnedOptions): Promise<Storage> {
  const { layout, lock, segmentBytes, compactAt, compactFromBytes, unsynced, onTornTail } = options;
  const { fileSystem } = options.machine;
  await sweepTemporary(fileSystem, layout);
  await makeDirectory(fileSystem, layout.blobs);
  if (lock.takenOver) await syncBlobNames(fileSystem, layout);

  // Before the log, which opening may repair: where anything is damaged nothing is changed.
  const masterKey = options.masterKey ?? (await readMasterKey(fileSystem, layout));
  const engine = createEngine();
  const health = createHealth();
  let compactor: Compactor | undefined;
  const log = await openLog({
    ...{ fileSystem, layout, lock, health, segmentBytes, unsynced, engine },
    onWritten: () => compactor?.consider(),
  });
  try {
    const secrets = engine.secrets.values();
    const { storeId, writer, checkpoint, tornTail } = log;
    const sealer = await openSealer({ fileSystem, layout, storeId, masterKey, secrets });
    // In a turn of its own: what it throws is the host's to report, and never fails the opening.
    if (tornTail !== undefined) queueMicrotask(() => onTornTail?.(tornTail));

    const access = createAccess(layout.root);
    const parts = { engine, journal: writer, access };
    const { blobs, idle } = createFsBlobs({ fileSystem, layout, access, health, lock });
    const compacting = createCompactor({
      ...{
        fileSystem,
        layout,
        storeId,
        engine,
        writer,
        lock,
        health,
        checkpoint,
        compactAt,
        compactFromBytes,
      },
    });
    compactor = compacting;
    let closing: Promise<void> | undefined;
    const end = async (): Promise<void> => {
      access.close();
      try {
        await idle();
        await compacting.close();
      } finally {
        try {
          await writer.close();
        } finally {
          await lock.release(health.isWell());
        }
      }
    };
    const stores = {
      vectors: createVectorStore({ ...parts, durable: true, physicalDelete: false }),
      state: createStateStore(parts),
      blobs,
      secrets: createSecretBackend({ ...parts, durable: true, sealed: true, sealer }),
    };
    return {
      ...stores,
      reclaim: async (callOptions) => {
        access.enter(callOptions?.signal);
        const reclaimedBytes = await orAbort(compacting.reclaim(), callOptions?.signal);
        return { reclaimedBytes, stores: Object.values(stores) };
      },
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

function assertPositive(value: unknown, argument: string): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw argumentInvalid(argument, `is ${String(value)}, expected a whole number of at least 1`);
}

// Whatever lies there was on its way when a process ended.
async function sweepTemporary(fileSystem: FileSystem, layout: Layout): Promise<void> {
  for (const name of await fileSystem.list(layout.temporary))
    await fileSystem.remove(`${layout.temporary}/${name}`);
}
