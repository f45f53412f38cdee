/**
 * Plug-ins that are wrong, each in one way: what a suite is worth shows in what it catches.
 *
 * @packageDocumentation
 */

export type { Fault } from "./faults/fault.ts";
export { stateStoreFaults } from "./faults/state-store-faults.ts";
