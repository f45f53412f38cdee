import {
  isKeelsonError,
  KeelsonError,
  type SecretBackend,
  type SecretRecord,
  type StateEntry,
  type StateStore,
} from "@keelson/core";
import { abortable } from "./abortable.ts";
import { headOf } from "./audit.ts";
import { endingsOf, lifeOf, withEndings } from "./endings.ts";
import { createEndingsLedger } from "./endings-ledger.ts";
import { type LiveVersions, readLiveVersions } from "./live-versions.ts";
import type { SecretWarning } from "./secret-store-options.ts";
import { fitted, openSecret, type StoredSecret, sealSecret } from "./stored-secret.ts";
import type { Timekeeper } from "./timekeeper.ts";
import { settled } from "./transitions.ts";

const CACHED = 1024;
/** How often a call loses against other writers before it gives up. */
export const MOST_CONFLICTS = 64;

/** A record as read, with what is known to have ended. */
export interface Entry {
  readonly secret: StoredSecret;
  /** Which life of the name this is. */
  readonly life: string;
  readonly revision: number;
  readonly live: LiveVersions;
  /** The state's revision of what was known to have ended. */
  readonly knownRevision: number | undefined;
  /** Is the record an older copy, which what is known to have ended must be written into? */
  readonly outdated: boolean;
  /** Does the record say of endings that the state does not know of? */
  readonly ahead: boolean;
}

/** What one write came to: the record as it now is, or the backend's SECRET_CONFLICT. */
type Written = { readonly entry: Entry } | { readonly conflict: KeelsonError<"SECRET_CONFLICT"> };

/** Records of one backend: read anew by every call, parsed once a revision, written by compare-and-set alone. */
export interface Records {
  find(name: string, signal: AbortSignal | undefined): Promise<Entry | undefined>;
  /** As `find`, but rejects with SECRET_NOT_FOUND. */
  load(name: string, signal: AbortSignal | undefined): Promise<Entry>;
  /** Writes the record, then adds what has ended. That the latter fails is a warning: the next call does it. */
  write(next: StoredSecret, expect: number | "absent", signal: AbortSignal | undefined): Promise<Written>;
  /**
   * Closes windows that are over and applies `decide`, again whenever another writer was faster. Gives the record as
   * it then is, all that has ended kept in the state; writes only what differs. Only for what is safe to redo.
   */
  update(
    name: string,
    decide: (secret: StoredSecret, now: number) => StoredSecret,
    signal: AbortSignal | undefined,
  ): Promise<Entry>;
}

/** What records are made of. */
export interface RecordsParts {
  readonly backend: SecretBackend;
  readonly state: StateStore | undefined;
  readonly time: Timekeeper;
  warn(warning: SecretWarning): void;
}

export function createRecords({ backend, state, time, warn }: RecordsParts): Records {
  // Parsed records by name. They count only for the same revisions of the record and of what has ended.
  const cache = new Map<string, Entry>();
  const ledger = state && createEndingsLedger(state, MOST_CONFLICTS);

  const keep = (entry: Entry): Entry => {
    const { name } = entry.secret;
    cache.delete(name);
    cache.set(name, entry);
    const [oldest] = cache.keys();
    if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
    return entry;
  };

  const parse = (name: string, record: SecretRecord, found: StateEntry | undefined): Entry => {
    const stored = openSecret(name, record.payload);
    const life = lifeOf(stored);
    const known = ledger?.read(found, life);
    const secret = withEndings(stored, known, time.now());
    return {
      secret,
      life,
      revision: record.revision,
      live: readLiveVersions(secret),
      knownRevision: found?.revision,
      outdated: secret !== stored,
      ahead: ledger !== undefined && known?.head.hash !== headOf(secret.audit).hash,
    };
  };

  const find: Records["find"] = async (name, signal) => {
    let outdated: number | undefined;
    for (;;) {
      // Both at once, without Promise.all, which costs a tenth of a verification.
      const finding = ledger?.get(name, signal);
      finding?.catch(told);
      const record = await abortable(signal, () => backend.read(name, { signal }));
      const found = await finding;
      if (record === undefined) {
        cache.delete(name);
        return undefined;
      }
      const cached = cache.get(name);
      if (cached?.revision === record.revision && cached.knownRevision === found?.revision) return cached;
      const entry = parse(name, record, found);
      // Another process may have written both between the two reads: then the record is no older copy.
      if (!entry.outdated || outdated === record.revision) return keep(entry);
      outdated = record.revision;
    }
  };

  const load: Records["load"] = async (name, signal) => {
    const entry = await find(name, signal);
    if (entry === undefined) throw notFound(name, `there is no secret ${name}`);
    return entry;
  };

  const addEndings = async (entry: Entry, signal: AbortSignal | undefined): Promise<Entry> => {
    const { secret, life } = entry;
    await ledger?.add(secret.name, life, endingsOf(secret), signal);
    return { ...entry, ahead: false };
  };

  const replace = async (
    next: StoredSecret,
    expect: number | "absent",
    signal: AbortSignal | undefined,
  ): Promise<Written> => {
    const payload = sealSecret(fitted(next, backend.capabilities.maxPayloadBytes));
    try {
      const { revision } = await abortable(signal, () =>
        backend.write(next.name, payload, { expect, signal }),
      );
      return { entry: parse(next.name, { payload, revision }, undefined) };
    } catch (error) {
      if (isKeelsonError(error, "SECRET_CONFLICT")) return { conflict: error };
      throw error;
    }
  };

  const write: Records["write"] = async (next, expect, signal) => {
    const written = await replace(next, expect, signal);
    if ("conflict" in written || !written.entry.ahead) return written;
    try {
      return { entry: await addEndings(written.entry, signal) };
    } catch (error) {
      // The record is written, and must not be lost to the caller.
      if (!signal?.aborted) warn({ type: "endings-not-written", name: next.name, error });
      return written;
    }
  };

  const update: Records["update"] = async (name, decide, signal) => {
    for (let conflicts = 1; ; conflicts++) {
      const entry = await load(name, signal);
      const now = time.now();
      const next = decide(settled(entry.secret, now), now);
      const written =
        next === entry.secret && !entry.outdated ? { entry } : await replace(next, entry.revision, signal);
      if ("entry" in written) return written.entry.ahead ? addEndings(written.entry, signal) : written.entry;
      if (conflicts === MOST_CONFLICTS) throw written.conflict;
    }
  };

  return { find, load, write, update };
}

/** The failure of what is awaited later, which is told then or after another one. */
function told(): void {}

export function notFound(name: string, message: string): KeelsonError<"SECRET_NOT_FOUND"> {
  return new KeelsonError("SECRET_NOT_FOUND", message, { details: { name } });
}
