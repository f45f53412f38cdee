/**
 * Storage in memory and a clock that tests move by hand: the reference semantics of the Keelson interfaces.
 *
 * @packageDocumentation
 */

export { createMemoryStorage } from "./memory-storage.ts";
export type { MemoryStorageOptions } from "./memory-storage.ts";
export { createManualClock } from "./manual-clock.ts";
export type { ManualClock, ManualClockOptions } from "./manual-clock.ts";
