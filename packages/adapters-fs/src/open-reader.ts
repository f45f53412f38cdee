import {
  createAccess,
  createEngine,
  createSecretBackend,
  createStateStore,
  createVectorStore,
  type Engine,
  type Sealer,
} from "@keelson/storage-engine";
import { createFsBlobs } from "./blobs/fs-blobs.ts";
import { CHECKPOINT_HEADER_BYTES } from "./checkpoint/checkpoint-header.ts";
import { orRelease, readWhole, takeSteps } from "./durable-files.ts";
import type { FileSystem } from "./file-system.ts";
import { createReadOnlyHealth } from "./health.ts";
import type { Layout } from "./layout.ts";
import { type Replay, replay } from "./log/open-log.ts";
import type { FsStorage } from "./open-fs-storage.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { findMasterKeys } from "./secrets/find-master-keys.ts";
import { createRefusingSealer, openKeyring } from "./secrets/open-keyring.ts";
import { hasCode } from "./system-error.ts";
import { createTurns } from "./turns.ts";

/** Opens a store for reading, beside whoever writes in it. */
export async function openReader(
  fileSystem: FileSystem,
  layout: Layout,
  options: ResolvedOptions,
): Promise<FsStorage> {
  if (!(await fileSystem.exists(layout.log))) throw new Error("there is no store in the directory");
  const { engine, promised, checkpoint } = await readBesideWriter(fileSystem, layout);
  const openSealer = async (): Promise<Sealer> => {
    const found = await findMasterKeys({ fileSystem, ...options.keys, ownFile: layout.masterKey });
    const keyring = openKeyring(found, promised.storeId, engine);
    return typeof keyring === "string" ? createRefusingSealer(keyring) : keyring;
  };
  const sealer = await orRelease(openSealer, async () => await checkpoint?.texts.close());
  // Whoever asks for a text that could not be read is told.
  checkpoint?.texts.follow().catch(() => {});

  const access = createAccess(layout.root);
  const health = createReadOnlyHealth(layout.root);
  const append = (): never => {
    throw health.refusal;
  };
  const parts = { engine, journal: { append }, access };
  const lock = { assertHeld: async () => {} };
  const turns = createTurns();
  return {
    vectors: createVectorStore({ ...parts, durable: true, physicalDelete: false }),
    state: createStateStore(parts),
    blobs: createFsBlobs({ fileSystem, layout, access, health, lock, turns, alone: false }),
    secrets: createSecretBackend({ ...parts, durable: true, sealed: true, sealer }),
    rotateMasterKey: async (rotateOptions) => {
      access.enter(rotateOptions?.signal);
      throw health.refusal;
    },
    close: async () => {
      access.close();
      await takeSteps([turns.idle, async () => await checkpoint?.texts.close()]);
    },
  };
}

const ATTEMPTS = 10;

/**
 * A compaction may take away the log that is being read, and a page may be read before a write and the next one after
 * it. Where anything was written meanwhile, what looks damaged is read once more from the beginning.
 */
async function readBesideWriter(
  fileSystem: FileSystem,
  layout: Layout,
): Promise<Replay & { readonly engine: Engine }> {
  for (let attempt = 1; ; attempt++) {
    const before = await readProgress(fileSystem, layout);
    const engine = createEngine();
    try {
      return { engine, ...(await replay({ fileSystem, layout, engine })) };
    } catch (error) {
      const after = await readProgress(fileSystem, layout);
      if (attempt === ATTEMPTS || before.equals(after)) throw error;
    }
  }
}

/** Bytes that every compaction changes, and every write: how the checkpoint begins, and what was acknowledged. */
async function readProgress(fileSystem: FileSystem, layout: Layout): Promise<Buffer> {
  const acknowledged = (await readWhole(fileSystem, layout.acknowledged)) ?? new Uint8Array();
  return Buffer.concat([await readCheckpointHeader(fileSystem, layout), acknowledged]);
}

/** No bytes where there is no checkpoint. */
async function readCheckpointHeader(fileSystem: FileSystem, layout: Layout): Promise<Buffer> {
  try {
    const file = await fileSystem.open(layout.checkpoint, "read");
    try {
      return Buffer.from(await file.read(CHECKPOINT_HEADER_BYTES, 0));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (hasCode(error, "ENOENT")) return Buffer.alloc(0);
    throw error;
  }
}
