import { type AbortOptions, assertKey, type Bundle, type Json, KeelsonError } from "@keelson/core";
import { contentHash, copyBundle } from "./bundle-id.ts";
import type { Context } from "./context.ts";
import { toJson } from "./head.ts";
import type { Release } from "./release.ts";

/** What {@link ReleaseManager.register} takes. */
export interface RegisterOptions extends AbortOptions {
  /** Who registers it. */
  readonly by?: string | undefined;
  /** What is to be said about it. */
  readonly notes?: string | undefined;
}

export async function register(
  { keys, journal, releases, indexMoves, clock }: Context,
  name: string,
  bundle: Bundle,
  { by, notes, signal }: RegisterOptions,
): Promise<Release> {
  assertKey(name, 256);
  const copy = copyBundle(bundle);
  const bundleId = contentHash(copy as unknown as Json);
  return journal.transact(
    [keys.release(name)],
    async ({ entries: [entry] }) => {
      if (entry !== undefined) {
        const existing = releases.read(entry);
        if (existing.bundleId === bundleId) return { result: existing };
        throw new KeelsonError("RELEASE_EXISTS", `the release ${name} exists with another bundle`, {
          details: { release: name },
        });
      }
      const indexTarget = await indexMoves.check(copy, { signal });
      const release: Release = Object.freeze({
        name,
        bundleId,
        bundle: copy,
        ...(indexTarget === undefined ? {} : { indexTarget }),
        ...(by === undefined ? {} : { by }),
        ...(notes === undefined ? {} : { notes }),
        registeredAtMs: clock.now(),
      });
      return {
        result: release,
        events: [{ type: "registered", release: name, by, evidence: { bundleId } }],
        changes: [{ key: keys.release(name), value: toJson(release), expect: "absent" }],
      };
    },
    { signal },
  );
}
