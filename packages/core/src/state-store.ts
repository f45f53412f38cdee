import type {
  AbortOptions,
  Awaitable,
  ExpectedRevision,
  Json,
  PageOptions,
  Revision,
} from "./shared-types.ts";

/** One stored key with its value and revision. */
export interface StateEntry {
  readonly key: string;
  readonly value: Json;
  /** The revision of the commit that last wrote this key. */
  readonly revision: Revision;
}

/** Sets a key. */
export interface StatePut {
  readonly key: string;
  readonly value: Json;
  /** Commit only if the key is at this revision, or `"absent"`. Without it the write is unconditional. */
  readonly expect?: ExpectedRevision | undefined;
}

/** Deletes a key. Deleting what is not there is no error. */
export interface StateDelete {
  readonly key: string;
  readonly delete: true;
  /** Commit only if the key is at this revision, or `"absent"`. */
  readonly expect?: ExpectedRevision | undefined;
}

/** Changes nothing, but lets the commit through only while the key is at this revision. Fencing tokens use it. */
export interface StateCheck {
  readonly key: string;
  readonly expect: ExpectedRevision;
}

/** One part of a commit. */
export type StateChange = StatePut | StateDelete | StateCheck;

/** What a commit did. */
export interface StateCommit {
  /**
   * The revision that every key put by this commit now has, greater than that of any commit before it. A commit that
   * only checks may answer with the newest one.
   */
  readonly revision: Revision;
}

/** What {@link StateStore.scan} takes. */
export interface StateScanOptions extends PageOptions {
  /** Only keys that start with this. Default: all keys. */
  readonly prefix?: string | undefined;
}

/**
 * An ordered key space of JSON values with atomic, conditional commits: where ledgers, leases and release state
 * live.
 *
 * Keys are 1 to 4,096 UTF-16 code units of well-formed Unicode, ordered as `<` orders strings in JavaScript. No
 * character is special. Values are any JSON; what is read is a copy or frozen, so that changing it never changes
 * the store, and the same holds for what was passed in.
 */
export interface StateStore {
  /**
   * Reads several keys in one consistent state, never half of a commit, with every commit acknowledged before it began.
   *
   * @returns One element a key, in the order asked, `undefined` where there is none.
   */
  get(keys: readonly string[], options?: AbortOptions): Awaitable<(StateEntry | undefined)[]>;

  /**
   * Reads one page of entries by ascending key, in one consistent state, with every commit acknowledged before it began. Use {@link scanState} to read them all.
   */
  scan(options?: StateScanOptions): Awaitable<StateEntry[]>;

  /**
   * Applies all changes, or none. Commits are linearizable: each sees all that were acknowledged before it, from
   * any process. When the promise resolves, a durable store has the commit on stable storage. Two changes of one
   * key are refused; an empty list does nothing and answers with the newest revision.
   *
   * An abort before the commit takes place leaves nothing. Once it is under way it may still take place although
   * the call rejects: read the keys to find out.
   *
   * @throws {@link KeelsonError} STATE_CONFLICT naming the first key (in the order given) that is not as expected.
   * @throws {@link KeelsonError} KEY_INVALID, ID_DUPLICATE or VALUE_INVALID when a change is malformed; nothing is written.
   */
  commit(changes: readonly StateChange[], options?: AbortOptions): Awaitable<StateCommit>;

  /**
   * Calls `listener` after commits that put or deleted keys below `prefix`, with those keys. Several commits may
   * arrive as one call; none is reported before it can be read. A listener must not throw. Optional: callers without it poll.
   *
   * @returns A function that ends the watch. After it returns, the listener is not called again.
   */
  watch?(prefix: string, listener: (keys: readonly string[]) => void): () => void;
}
