import type { ManualClock } from "@keelson/adapters-memory";
import type { Storage } from "@keelson/core";
import type { RawValueSearch } from "./raw-values.ts";
import type { Transcript } from "./transcript.ts";

/** Everything a chapter works with. */
export interface World {
  readonly storage: Storage;
  readonly clock: ManualClock;
  readonly transcript: Transcript;
  /** Searches all that is stored for values that must not be there, as deep as the storage allows. */
  searchStored(values: readonly string[]): Promise<RawValueSearch>;
}
