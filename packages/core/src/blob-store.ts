import type { AbortOptions, Awaitable, PageOptions } from "./shared-types.ts";

/** What a blob is called and how big it is. */
export interface BlobInfo {
  readonly key: string;
  /** Size of the content in bytes. */
  readonly size: number;
}

/** What {@link BlobStore.put} takes. */
export interface BlobPutOptions extends AbortOptions {
  /** Refuse to replace a blob that exists. Of two such puts at once exactly one succeeds. Default `false`. */
  readonly ifAbsent?: boolean | undefined;
}

/**
 * Immutable byte objects by key: where snapshots live. Its shape is that of object storage.
 *
 * Keys are 1 to 1,024 UTF-16 code units of well-formed Unicode, ordered as `<` orders strings in JavaScript. No
 * character is special: `/` is a convention, `..` and NUL are plain text and never leave the store.
 */
export interface BlobStore {
  /**
   * Stores a blob whole, or not at all: no reader ever sees a part. When the promise resolves, a durable store has
   * it on stable storage. The bytes are copied before the call returns. An abort leaves the key as it was, or with
   * the new content whole.
   *
   * @throws {@link KeelsonError} BLOB_EXISTS when `ifAbsent` is set and the key is taken.
   * @throws {@link KeelsonError} KEY_INVALID when the key is malformed.
   */
  put(key: string, bytes: Uint8Array, options?: BlobPutOptions): Awaitable<void>;

  /**
   * The content, exactly as it was put, in a buffer of the caller's own; `undefined` where there is none.
   *
   * @throws {@link KeelsonError} STORE_CORRUPT when what is stored is not what was put.
   */
  get(key: string, options?: AbortOptions): Awaitable<Uint8Array | undefined>;

  /** Key and size without reading the content; `undefined` where there is none. */
  stat(key: string, options?: AbortOptions): Awaitable<BlobInfo | undefined>;

  /** One page of blobs whose key starts with `prefix`, by ascending key. An empty prefix lists all. */
  list(prefix: string, options?: PageOptions): Awaitable<BlobInfo[]>;

  /** Deletes a blob, durably before it returns. Deleting what is not there is no error. */
  delete(key: string, options?: AbortOptions): Awaitable<void>;
}
