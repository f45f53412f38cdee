import type { ExpectedRevision } from "./shared-types.ts";

/**
 * Every error code with the shape of its `details`. Codes are API and never renamed within a major version;
 * messages are not API. Details hold ids, counts, offsets and limits, never document text or a secret's value.
 */
export interface ErrorDetails {
  // Arguments
  /** An option or argument is out of its range or of the wrong kind. Fix the call. */
  ARGUMENT_INVALID: { readonly argument: string; readonly reason: string };
  /** An id is empty, longer than 1,024 UTF-16 code units, or not well-formed Unicode. */
  ID_INVALID: { readonly reason: string };
  /** The same id or key stands twice in one call. */
  ID_DUPLICATE: { readonly id: string };
  /** A state or blob key, collection or secret name is empty, too long, or not well-formed Unicode. */
  KEY_INVALID: { readonly reason: string };
  /** A value is not JSON. `path` leads to the part that is not. */
  VALUE_INVALID: { readonly path: readonly (string | number)[]; readonly reason: string };
  /** A filter is malformed. `path` leads to the part that is. */
  FILTER_INVALID: { readonly path: readonly (string | number)[]; readonly reason: string };
  /** `topK` is not a whole number of at least 1. */
  TOP_K_INVALID: { readonly topK: number };

  // Plug-ins
  /** A plug-in was written for a version of its interface that this SDK does not know. */
  SPEC_VERSION_UNSUPPORTED: {
    readonly plugin: string;
    readonly specVersion: string;
    readonly supported: readonly number[];
  };
  /** The plug-in cannot do what was asked, by its own capabilities. */
  CAPABILITY_UNSUPPORTED: { readonly capability: string };

  // Stores
  /** The store, or what was built on it, has been closed. */
  STORE_CLOSED: { readonly store: string };
  /** The store was opened for reading only. Nothing was written. */
  STORE_READ_ONLY: { readonly store: string };
  /** Another process owns the directory. `pid` is its process id where the lock tells it. */
  STORE_LOCKED: { readonly directory: string; readonly pid: number | undefined };
  /** What is stored is damaged. `start` and `end` are byte offsets in `file`, end exclusive. Nothing was truncated. */
  STORE_CORRUPT: {
    readonly file: string;
    readonly start: number;
    readonly end: number;
    readonly reason: string;
  };
  /** A write to the medium failed, so the handle refuses further writes. Reopen to recover; `cause` is the first failure. */
  STORE_FAILED: { readonly operation: string };
  /** The directory was written by a version of the format that this SDK does not know. */
  STORE_FORMAT_UNSUPPORTED: {
    readonly file: string;
    readonly format: number;
    readonly supported: readonly number[];
  };

  // State
  /** A commit expected another revision of `key`. Nothing was written. Read again and decide anew. */
  STATE_CONFLICT: {
    readonly key: string;
    readonly expect: ExpectedRevision;
    readonly actual: ExpectedRevision;
  };

  // Blobs
  /** `put` with `ifAbsent` met a blob of that key. */
  BLOB_EXISTS: { readonly key: string };

  // Vectors
  /** A vector has another length than the collection or embedder. `id` names the record where there is one. */
  VECTOR_DIMENSION_MISMATCH: {
    readonly expected: number;
    readonly actual: number;
    readonly id?: string | undefined;
  };
  /** A vector holds NaN or an infinity, at `position`. */
  VECTOR_NOT_FINITE: { readonly position: number; readonly id?: string | undefined };
  /** The collection exists with another dimension or metric. */
  COLLECTION_MISMATCH: { readonly collection: string; readonly expected: string; readonly actual: string };
  /** The collection was dropped. */
  COLLECTION_NOT_FOUND: { readonly collection: string };

  // Index
  /** The embedder failed, or gave something else than one finite vector a text. What it was asked for was not stored. */
  EMBEDDING_FAILED: {
    readonly embedder: string;
    readonly texts: number;
    readonly reason: string;
    readonly documentId?: string | undefined;
  };
  /** The index's live generation was embedded by another embedder. Rebuild it, or open it with that embedder. */
  EMBEDDER_MISMATCH: { readonly index: string; readonly expected: string; readonly actual: string };
  /** The redactor failed on a document, which was not stored. Its error is not attached, since it may quote the text. */
  REDACTION_FAILED: { readonly documentId: string | undefined; readonly reason: string };
  /** The chunker failed on a document, which was not stored. Its error is not attached, since it may quote the text. */
  CHUNKING_FAILED: { readonly documentId: string; readonly reason: string };
  /** The vector store has lost chunks that the ledger lists. `reindex` with `checkVectors` embeds them again. */
  VECTORS_MISSING: { readonly index: string; readonly documentId: string; readonly missing: number };
  /** The index has no snapshot of that id. */
  SNAPSHOT_NOT_FOUND: { readonly index: string; readonly snapshotId: string };
  /** An object of a snapshot is missing or not what was written. The live generation is untouched. */
  SNAPSHOT_CORRUPT: { readonly snapshotId: string; readonly object: string; readonly reason: string };
  /** The generation or snapshot that is referred to is gone: dropped, forgotten, or never there. Nothing was moved. */
  INDEX_TARGET_NOT_FOUND: {
    readonly index: string;
    readonly generation?: number | undefined;
    readonly snapshotId?: string | undefined;
  };
  /** A release, a reader or another holder keeps the generation or snapshot, so that it can't be dropped or forgotten. */
  INDEX_TARGET_PINNED: {
    readonly index: string;
    readonly generation?: number | undefined;
    readonly snapshotId?: string | undefined;
    readonly holder: string;
  };
  /** The document was erased after the write began, which did not bring it back. Other documents were written. */
  DOCUMENT_ERASED: { readonly documentId: string };
  /** Another writer changed the same document at the same time, again and again. Nothing of this write is visible. */
  DOCUMENT_CONFLICT: { readonly documentId: string; readonly attempts: number };
  /** Another holder took over the task, since this one did not renew its lease in time. It can commit nothing any more. */
  LEASE_LOST: { readonly index: string; readonly task: string; readonly leaseMs: number };
  /** A full sync would remove a larger share of the index than `maxDeleteRatio` allows. Nothing was removed. */
  DELETIONS_REFUSED: {
    readonly index: string;
    readonly deletions: number;
    readonly documents: number;
    readonly maxDeleteRatio: number;
  };
  /** The index or the source is not as it was when the plan was made. Plan again. */
  PLAN_OUTDATED: {
    readonly index: string;
    readonly documentId?: string | undefined;
    readonly reason: string;
  };

  // Release
  /** No release of that name is registered. */
  RELEASE_NOT_FOUND: { readonly release: string };
  /** The name is taken by another bundle. Bundles are immutable: register under a new name. */
  RELEASE_EXISTS: { readonly release: string };
  /** Nothing is live yet. */
  RELEASE_NOT_LIVE: { readonly manager: string };
  /** There is no earlier release to go back to. */
  ROLLBACK_TARGET_MISSING: { readonly live: string };
  /** The release is not in the state that the call needs. */
  RELEASE_STATE_INVALID: { readonly release: string; readonly state: string; readonly needed: string };
  /** The release state was changed by somebody else at the same time, again and again. */
  RELEASE_CONFLICT: { readonly attempts: number };

  // Secrets
  /** No secret of that name is stored. */
  SECRET_NOT_FOUND: { readonly name: string };
  /** A secret of that name exists. Rotate it instead. */
  SECRET_EXISTS: { readonly name: string };
  /** The secret was changed by somebody else, or is not at the version asked for. Nothing was written. */
  SECRET_CONFLICT: {
    readonly name: string;
    readonly expect: ExpectedRevision;
    readonly actual: ExpectedRevision;
  };
  /** A rotation was asked for while the previous version's grace window is open. */
  SECRET_GRACE_OPEN: { readonly name: string; readonly previous: number; readonly expiresAtMs: number };
  /** The stored secret cannot be opened: wrong key, or damaged. */
  SECRET_UNREADABLE: { readonly name: string; readonly reason: string };
  /** A rotation hook failed. `step` is the hook. The current version is unchanged. */
  SECRET_ROTATION_FAILED: { readonly name: string; readonly step: string };
  /** `expireGrace` was told to spare a version in use, and this one is. From `retryAtMs` on it may go, if nobody uses it. */
  SECRET_IN_USE: { readonly name: string; readonly version: number; readonly retryAtMs: number };
  /** The wall clock jumped forward by more than the store allows, so no window is opened by it. Trust the clock, or repair it. */
  CLOCK_JUMPED: { readonly expectedMs: number; readonly actualMs: number };
  /** A secret manager refused a call or did not answer. `status` is its HTTP status where there was one. */
  SECRET_BACKEND_FAILED: {
    readonly backend: string;
    readonly operation: string;
    readonly status: number | undefined;
    readonly reason: string;
  };
}

/** A stable error code. */
export type ErrorCode = keyof ErrorDetails;

/**
 * Every code, with whether the same call may succeed later without a change. The type keeps it complete; the
 * documentation is checked against it.
 */
export const errorCodes: Readonly<Record<ErrorCode, { readonly retryable: boolean }>> =
  /* @__PURE__ */ Object.freeze({
    ARGUMENT_INVALID: { retryable: false },
    ID_INVALID: { retryable: false },
    ID_DUPLICATE: { retryable: false },
    KEY_INVALID: { retryable: false },
    VALUE_INVALID: { retryable: false },
    FILTER_INVALID: { retryable: false },
    TOP_K_INVALID: { retryable: false },
    SPEC_VERSION_UNSUPPORTED: { retryable: false },
    CAPABILITY_UNSUPPORTED: { retryable: false },
    STORE_CLOSED: { retryable: false },
    STORE_READ_ONLY: { retryable: false },
    STORE_LOCKED: { retryable: true },
    STORE_CORRUPT: { retryable: false },
    STORE_FAILED: { retryable: false },
    STORE_FORMAT_UNSUPPORTED: { retryable: false },
    STATE_CONFLICT: { retryable: true },
    BLOB_EXISTS: { retryable: false },
    VECTOR_DIMENSION_MISMATCH: { retryable: false },
    VECTOR_NOT_FINITE: { retryable: false },
    COLLECTION_MISMATCH: { retryable: false },
    COLLECTION_NOT_FOUND: { retryable: false },
    EMBEDDING_FAILED: { retryable: true },
    EMBEDDER_MISMATCH: { retryable: false },
    REDACTION_FAILED: { retryable: false },
    CHUNKING_FAILED: { retryable: false },
    VECTORS_MISSING: { retryable: false },
    SNAPSHOT_NOT_FOUND: { retryable: false },
    SNAPSHOT_CORRUPT: { retryable: false },
    INDEX_TARGET_NOT_FOUND: { retryable: false },
    INDEX_TARGET_PINNED: { retryable: false },
    DOCUMENT_ERASED: { retryable: false },
    DOCUMENT_CONFLICT: { retryable: true },
    LEASE_LOST: { retryable: true },
    DELETIONS_REFUSED: { retryable: false },
    PLAN_OUTDATED: { retryable: false },
    RELEASE_NOT_FOUND: { retryable: false },
    RELEASE_EXISTS: { retryable: false },
    RELEASE_NOT_LIVE: { retryable: false },
    ROLLBACK_TARGET_MISSING: { retryable: false },
    RELEASE_STATE_INVALID: { retryable: false },
    RELEASE_CONFLICT: { retryable: true },
    SECRET_NOT_FOUND: { retryable: false },
    SECRET_EXISTS: { retryable: false },
    SECRET_CONFLICT: { retryable: true },
    SECRET_GRACE_OPEN: { retryable: true },
    SECRET_UNREADABLE: { retryable: false },
    SECRET_ROTATION_FAILED: { retryable: true },
    SECRET_IN_USE: { retryable: true },
    CLOCK_JUMPED: { retryable: false },
    SECRET_BACKEND_FAILED: { retryable: true },
  });
