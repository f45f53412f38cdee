import type { Bundle, IndexTarget } from "@keelson/core";

/** A registered version: a name for a bundle. It never changes. */
export interface Release {
  /** What it is called: 1 to 256 UTF-16 code units, unique in its manager. */
  readonly name: string;
  /** The SHA-256 of the bundle's canonical JSON (RFC 8785), in hexadecimal. */
  readonly bundleId: string;
  /** What it is made of, frozen to its depth. */
  readonly bundle: Bundle;
  /**
   * What its index reference stood for when it was registered. Absent where it has none, or the manager was made without
   * `indexes`: then the reference is mere data, and no index moves with the release.
   */
  readonly indexTarget?: Pick<IndexTarget, "embedder" | "dimension"> | undefined;
  /** Who registered it. */
  readonly by?: string | undefined;
  /** What was said about it. */
  readonly notes?: string | undefined;
  /** When it was registered, in epoch milliseconds. */
  readonly registeredAtMs: number;
}
