import { argumentInvalid } from "@keelson/core";
import type { FsStorageOptions } from "./open-fs-storage.ts";
import { type MasterKeyOptions, masterKeyOptions } from "./secrets/master-key-options.ts";

/** Options that were checked, with their defaults. */
export interface ResolvedOptions extends Pick<FsStorageOptions, "onTornTail"> {
  readonly keys: MasterKeyOptions;
  readonly segmentBytes: number;
  readonly compactAt: number;
  readonly compactFromBytes: number;
  /** Are writes acknowledged before they are on stable storage? */
  readonly unsynced: boolean;
  readonly readOnly: boolean;
}

// A segment is read in one piece, with the frame that made it full. Of a piece of 2 GiB Node's process would die.
const MOST_SEGMENT_BYTES = 2 ** 30;

/** @throws KeelsonError ARGUMENT_INVALID when an option makes no sense. */
export function resolveOptions(options: Omit<FsStorageOptions, "fileSystem">): ResolvedOptions {
  const { segmentBytes = 64 * 1024 * 1024, compactAt = 0.5, compactFromBytes = 16 * 1024 * 1024 } = options;
  const { durability = "disk", readOnly = false, onTornTail } = options;
  const keys = masterKeyOptions(options);
  assertPositive(segmentBytes, "segmentBytes");
  if (segmentBytes > MOST_SEGMENT_BYTES)
    throw argumentInvalid("segmentBytes", `is ${segmentBytes}, expected ${MOST_SEGMENT_BYTES} at the most`);
  assertPositive(compactFromBytes, "compactFromBytes");
  if (typeof compactAt !== "number" || !(compactAt > 0 && compactAt <= 1))
    throw argumentInvalid("compactAt", `is ${String(compactAt)}, expected a number above 0 and up to 1`);
  if (durability !== "disk" && durability !== "os")
    throw argumentInvalid("durability", 'is neither "disk" nor "os"');
  if (typeof readOnly !== "boolean") throw argumentInvalid("readOnly", "is neither true nor false");
  if (onTornTail !== undefined && typeof onTornTail !== "function")
    throw argumentInvalid("onTornTail", "is not a function");
  const unsynced = durability === "os";
  return { keys, segmentBytes, compactAt, compactFromBytes, unsynced, readOnly, onTornTail };
}

function assertPositive(value: unknown, argument: string): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return;
  throw argumentInvalid(argument, `is ${String(value)}, expected a whole number of at least 1`);
}
