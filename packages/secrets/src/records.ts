import { type Clock, isKeelsonError, KeelsonError, type SecretBackend } from "@keelson/core";
import { abortable } from "./abortable.ts";
import { type LiveVersions, readLiveVersions } from "./live-versions.ts";
import { openSecret, type StoredSecret, sealSecret } from "./stored-secret.ts";
import { settled } from "./transitions.ts";

const CACHED = 1024;
/** How often a call loses against other writers before it gives up. */
export const MOST_CONFLICTS = 64;

/** A record as read. */
export interface Entry {
  readonly secret: StoredSecret;
  readonly revision: number;
  readonly live: LiveVersions;
}

/** What one write came to: the record as it now is, or the backend's SECRET_CONFLICT. */
type Written = { readonly entry: Entry } | { readonly conflict: KeelsonError<"SECRET_CONFLICT"> };

/** Records of one backend: read anew by every call, parsed once a revision, written by compare-and-set alone. */
export interface Records {
  find(name: string, signal: AbortSignal | undefined): Promise<Entry | undefined>;
  /** As `find`, but rejects with SECRET_NOT_FOUND. */
  load(name: string, signal: AbortSignal | undefined): Promise<Entry>;
  write(next: StoredSecret, expect: number | "absent", signal: AbortSignal | undefined): Promise<Written>;
  /**
   * Closes windows that are over and applies `decide`, again whenever another writer was faster. Gives the record as
   * it then is; writes only what differs. Only for what is safe to redo.
   */
  update(
    name: string,
    decide: (secret: StoredSecret, now: number) => StoredSecret,
    signal: AbortSignal | undefined,
  ): Promise<Entry>;
}

export function createRecords(secrets: SecretBackend, clock: Clock): Records {
  // Parsed records by name. A revision never comes back, so an equal one is the same record.
  const cache = new Map<string, Entry>();

  const keep = (name: string, entry: Entry): Entry => {
    cache.delete(name);
    cache.set(name, entry);
    const [oldest] = cache.keys();
    if (cache.size > CACHED && oldest !== undefined) cache.delete(oldest);
    return entry;
  };

  const find: Records["find"] = async (name, signal) => {
    const record = await abortable(signal, () => secrets.read(name, { signal }));
    if (record === undefined) {
      cache.delete(name);
      return undefined;
    }
    const cached = cache.get(name);
    if (cached?.revision === record.revision) return cached;
    const secret = openSecret(name, record.payload);
    return keep(name, { secret, revision: record.revision, live: readLiveVersions(secret) });
  };

  const load: Records["load"] = async (name, signal) => {
    const entry = await find(name, signal);
    if (entry === undefined) throw notFound(name, `there is no secret ${name}`);
    return entry;
  };

  const write: Records["write"] = async (next, expect, signal) => {
    try {
      const { revision } = await abortable(signal, () =>
        secrets.write(next.name, sealSecret(next), { expect, signal }),
      );
      return { entry: keep(next.name, { secret: next, revision, live: readLiveVersions(next) }) };
    } catch (error) {
      if (isKeelsonError(error, "SECRET_CONFLICT")) return { conflict: error };
      throw error;
    }
  };

  const update: Records["update"] = async (name, decide, signal) => {
    for (let conflicts = 1; ; conflicts++) {
      const entry = await load(name, signal);
      const now = clock.now();
      const next = decide(settled(entry.secret, now), now);
      if (next === entry.secret) return entry;
      const written = await write(next, entry.revision, signal);
      if ("entry" in written) return written.entry;
      if (conflicts === MOST_CONFLICTS) throw written.conflict;
    }
  };

  return { find, load, write, update };
}

export function notFound(name: string, message: string): KeelsonError<"SECRET_NOT_FOUND"> {
  return new KeelsonError("SECRET_NOT_FOUND", message, { details: { name } });
}
