/**
 * The state machine that the memory and filesystem adapters share: what one answers, the other answers too. Private:
 * it is bundled into both and never published.
 *
 * @packageDocumentation
 */

export type { EntryChange, Op, UpsertRecord } from "./op.ts";
export type { Block, BlockEntry, BlockSecret, Column, RowBlock, RowColumns } from "./block.ts";
export { type Lazy, evaluate } from "./lazy.ts";
export { createEngine, type Engine, type SealedSecret } from "./engine.ts";
export { createOrderedMap, type OrderedMap, type PageRange } from "./ordered-map.ts";
export { createVectorTable, type VectorTable } from "./vector-table.ts";

export type { Appended, Journal } from "./lane.ts";
export { type Access, createAccess } from "./access.ts";
export {
  assertShape,
  createVectorStore,
  type EngineParts,
  type EngineVectorStoreOptions,
} from "./create-vector-store.ts";
export { createStateStore } from "./create-state-store.ts";
export {
  createSecretBackend,
  type EngineSecretBackendOptions,
  type Sealer,
} from "./create-secret-backend.ts";
export { pageRange } from "./arguments.ts";
export { freezeJson } from "./json-copy.ts";
