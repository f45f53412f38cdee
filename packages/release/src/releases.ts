import { type AbortOptions, KeelsonError, type StateEntry, type StateStore } from "@keelson/core";
import { copyBundle } from "./bundle-id.ts";
import { fromJson } from "./head.ts";
import type { Keys } from "./keys.ts";
import type { Release } from "./release.ts";

/** The registered releases, read once and kept: they never change. */
export interface Releases {
  /** From what was read before; `undefined` where one was not. */
  known(names: readonly string[]): readonly Release[] | undefined;
  /**
   * In the order asked.
   *
   * @throws KeelsonError RELEASE_NOT_FOUND
   */
  find(names: readonly string[], options?: AbortOptions): Promise<readonly Release[]>;
  /** Takes a release from its entry. */
  read(entry: StateEntry): Release;
}

export function createReleases(state: StateStore, keys: Keys): Releases {
  const cache = new Map<string, Release>();

  const known: Releases["known"] = (names) => {
    const found = names.map((name) => cache.get(name)).filter((release) => release !== undefined);
    return found.length === names.length ? found : undefined;
  };

  const read: Releases["read"] = (entry) => {
    const stored = fromJson<Release>(entry.value);
    const cached = cache.get(stored.name);
    if (cached !== undefined) return cached;
    const release = Object.freeze({ ...stored, bundle: copyBundle(stored.bundle) });
    cache.set(release.name, release);
    return release;
  };

  return {
    known,
    read,
    async find(names, { signal } = {}) {
      const cached = known(names);
      if (cached !== undefined) return cached;
      const entries = await state.get(names.map(keys.release), { signal });
      return names.map((name, i) => {
        const entry = entries[i];
        if (entry === undefined) throw notFound(name);
        return read(entry);
      });
    },
  };
}

/** No release of that name is registered. */
export function notFound(release: string): KeelsonError<"RELEASE_NOT_FOUND"> {
  return new KeelsonError("RELEASE_NOT_FOUND", `no release ${release} is registered`, {
    details: { release },
  });
}
