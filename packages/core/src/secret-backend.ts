import type { Secret } from "./secret.ts";
import type { AbortOptions, Awaitable, ExpectedRevision, Revision } from "./shared-types.ts";

/** What a secret backend can do, as facts that hold for the life of the instance. */
export interface SecretBackendCapabilities {
  /** Does an acknowledged write survive the end of the process? */
  readonly durable: boolean;
  /** Is the payload encrypted before it reaches the medium? */
  readonly sealed: boolean;
  /**
   * The most bytes of UTF-8 that a payload may have. The secret store keeps to it by dropping its oldest audit events,
   * and refuses what does not fit even so. Default: no limit.
   */
  readonly maxPayloadBytes?: number | undefined;
}

/** One record as stored. */
export interface SecretRecord {
  /** Everything about the secret, all versions with their values, as one opaque string. */
  readonly payload: Secret;
  /** The revision of the write that stored it. */
  readonly revision: Revision;
}

/** What {@link SecretBackend.write} takes. */
export interface SecretWriteOptions extends AbortOptions {
  /** Write only if the record is at this revision, or `"absent"`. Always given: no write is blind. */
  readonly expect: ExpectedRevision;
}

/**
 * Where secrets are kept: one opaque record a name, replaced whole by compare-and-set. Versions, stages and
 * deadlines are the secret store's business and travel inside the payload, so one write moves them together.
 *
 * A payload never appears in an error, a log or a listing.
 *
 * Names are 1 to 256 UTF-16 code units of well-formed Unicode. No character is special.
 *
 * @example The smallest plug-in, of 18 lines.
 * ```ts
 * import { KeelsonError, type SecretBackend, type SecretRecord } from "@keelson/core";
 *
 * const records = new Map<string, SecretRecord>();
 * let newest = 0;
 * export const tinyBackend = {
 *   specVersion: 1,
 *   capabilities: { durable: false, sealed: false },
 *   read: (name) => records.get(name),
 *   write: (name, payload, { expect }) => {
 *     const actual = records.get(name)?.revision ?? "absent";
 *     if (actual !== expect)
 *       throw new KeelsonError("SECRET_CONFLICT", `${name} has changed`, { details: { name, expect, actual } });
 *     records.set(name, { payload, revision: ++newest });
 *     return { revision: newest };
 *   },
 *   list: () => [...records.keys()].sort(),
 *   delete: (name) => void records.delete(name),
 * } satisfies SecretBackend;
 * ```
 */
export interface SecretBackend {
  /** The version of this interface that the plug-in was written for. */
  readonly specVersion: 1;
  /** What the backend can do. */
  readonly capabilities: SecretBackendCapabilities;

  /** The record as of the newest acknowledged write, from any process; `undefined` where there is none. */
  read(name: string, options?: AbortOptions): Awaitable<SecretRecord | undefined>;

  /**
   * Stores a record whole, or not at all, and durably before it returns where the backend is durable. An abort
   * leaves the old record, or the new one whole.
   *
   * @throws {@link KeelsonError} SECRET_CONFLICT when the record is not as expected; nothing is written.
   */
  write(
    name: string,
    payload: Secret,
    options: SecretWriteOptions,
  ): Awaitable<{ readonly revision: Revision }>;

  /** The names of all records, ascending. */
  list(options?: AbortOptions): Awaitable<string[]>;

  /** Deletes a record with all its versions. Unknown names are no error. */
  delete(name: string, options?: AbortOptions): Awaitable<void>;
}
