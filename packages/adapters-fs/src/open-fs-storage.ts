import type { AbortOptions, Storage } from "@keelson/core";
import type { FileSystem } from "./file-system.ts";
import type { TornTail } from "./log/repair-tail.ts";
import { nodeFileSystem } from "./node-file-system.ts";
import { openStore } from "./open-store.ts";
import { nodeProcesses } from "./processes.ts";

/** What {@link openFsStorage} takes. */
export interface FsStorageOptions {
  /**
   * The 32 bytes that the keys of secrets are wrapped with. Default: a random key in a file, made with the first store.
   */
  readonly masterKey?: Uint8Array | undefined;
  /**
   * The key before `masterKey`. Secrets that it opens are wrapped with `masterKey` at opening: so a rotation that was
   * cut short comes to its end.
   */
  readonly previousMasterKey?: Uint8Array | undefined;
  /**
   * Where the key lies when `masterKey` is not given. It has to be of mode 0600. Default: `master.key` in the directory,
   * which keeps secrets out of a copy of the log, not from those who can read the whole directory: put it elsewhere
   * where they must not. A symbolic link is followed. One store a file: a rotation replaces the key of that store alone.
   */
  readonly masterKeyFile?: string | undefined;
  /** From this size on, in bytes, a segment of the log is followed by a new one. At most 1 GiB. Default 64 MiB. */
  readonly segmentBytes?: number | undefined;
  /**
   * From which share of dead bytes on the files are compacted in the background, above 0 and up to 1. Dead is what was
   * replaced or deleted, and what opening costs beyond reading content. Compaction writes all content to a new file, in
   * pieces of some 4 MiB with reads and writes in between. Default 0.5: files grow to twice what they hold, if that.
   * 1: only when {@link Storage.reclaim} asks for it.
   */
  readonly compactAt?: number | undefined;
  /** Files that take less, in bytes, are compacted only when {@link Storage.reclaim} asks for it. Default 16 MiB. */
  readonly compactFromBytes?: number | undefined;
  /**
   * What acknowledged means. `"disk"`, the default: on stable storage. `"os"`: handed to the operating system. That is
   * many times as fast where writers wait for each write, and survives `kill -9`; a power cut or a crash of the system
   * may take the newest writes, seconds of them, though never one without all after it. Closing and new segments make
   * all durable. It is said of vectors, state and secrets; blobs are always synced.
   */
  readonly durability?: "disk" | "os" | undefined;
  /** Is called when opening finds a write that a crash tore, and cuts it. Nobody was told that it had succeeded. */
  readonly onTornTail?: ((tail: TornTail) => void) | undefined;
  /**
   * Opens for reading alone, beside the process that writes, if there is one. The storage shows vectors, state and
   * secrets as they are at one moment of the opening; open another to see what came later. Blobs are read as they are.
   * Every write rejects with STORE_READ_ONLY. Nothing is made, repaired or locked. Default false.
   */
  readonly readOnly?: boolean | undefined;
  /** For tests: what to use in place of the machine's filesystem, to inject faults. */
  readonly fileSystem?: FileSystem | undefined;
}

/** What {@link FsStorage.rotateMasterKey} takes. */
export interface RotateMasterKeyOptions extends AbortOptions {
  /**
   * The new key, 32 bytes, which the caller keeps. Default: a random one, in the place of the old one in the key file.
   */
  readonly masterKey?: Uint8Array | undefined;
}

/** What {@link FsStorage.rotateMasterKey} did. */
export interface MasterKeyRotation {
  /** How many secrets had their key wrapped anew. */
  readonly rewrapped: number;
}

/** A storage on the filesystem. */
export interface FsStorage extends Storage {
  /**
   * Replaces the master key: wraps the data key of every secret with a new one. The secrets themselves stay sealed as
   * they are, at their revision, and can be read and written meanwhile. An abort stops the waiting, not the rotation.
   *
   * A crash at any point leaves a store that opens, with the rotation done or to be done at opening: with a key file by
   * itself; with keys that the caller keeps, give the new one as `masterKey` and the old one as `previousMasterKey`.
   *
   * The log's old frames hold what was wrapped with the old key until {@link Storage.reclaim} has removed them. Who has
   * both an old copy of the log and the old key can read the secrets of that time: after a leak rotate them too.
   *
   * @throws KeelsonError ARGUMENT_INVALID when no key is given to a storage that was opened with one, or no such key.
   * @throws KeelsonError SECRET_UNREADABLE when the keys at hand do not open the secrets.
   * @throws KeelsonError STORE_FAILED when the filesystem refuses.
   */
  rotateMasterKey(options?: RotateMasterKeyOptions): Promise<MasterKeyRotation>;
}

/**
 * Opens the storage in a directory, or makes one there. What it acknowledged is on stable storage: it survives
 * `kill -9` and power cuts. The directory belongs to one process at a time.
 *
 * Vectors, state and secrets live in memory and in one append-only log; blobs are files. Opening reads a checkpoint of
 * them and what the log holds beyond it, and checks all it reads. Texts of the checkpoint follow: they are read in the
 * background once the storage is open, and checked when they come. One that is asked for earlier is read at once, with
 * the texts in its frame, while the process waits. Where a frame is damaged, whoever asks for one of its texts is told by
 * STORE_CORRUPT, and so is every write once it was met; all else can still be read.
 * Writes that arrive together share one fsync. A read answers only with what is durable. Secrets are sealed
 * (AES-256-GCM) before they touch the disk.
 *
 * After a failed write every further one rejects with STORE_FAILED; close the storage and open it again.
 *
 * @param directory Made where it is missing, with mode 0700. It needs a local filesystem with hard links.
 * @throws KeelsonError STORE_LOCKED when a process has it open, be it this one.
 * @throws KeelsonError STORE_CORRUPT when anything in the log is damaged, or in the checkpoint but for its texts, or when
 * either is cut off. Nothing is changed then.
 * @throws KeelsonError STORE_FORMAT_UNSUPPORTED when a later version wrote it.
 * @throws KeelsonError STORE_FAILED when the filesystem refuses; `cause` says why.
 * @throws KeelsonError ARGUMENT_INVALID when an option makes no sense.
 *
 * @example
 * ```ts
 * import { openFsStorage } from "@keelson/adapters-fs";
 *
 * const before = await openFsStorage("./data");
 * await before.state.commit([{ key: "greeting", value: "hello", expect: "absent" }]);
 * await before.close();
 *
 * const after = await openFsStorage("./data");
 * const [entry] = await after.state.get(["greeting"]);
 * console.log(entry?.value); // hello
 * await after.close();
 * ```
 */
export async function openFsStorage(directory: string, options: FsStorageOptions = {}): Promise<FsStorage> {
  const { fileSystem = nodeFileSystem, ...rest } = options;
  return await openStore(directory, rest, { fileSystem, processes: nodeProcesses });
}
