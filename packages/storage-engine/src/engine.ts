import type { Revision, StateEntry } from "@keelson/core";
import type { Op } from "./op.ts";
import { createOrderedMap, type OrderedMap } from "./ordered-map.ts";
import { createVectorTable, type VectorTable } from "./vector-table.ts";

/** A secret as it lies in the store. */
export interface SealedSecret {
  readonly sealed: string;
  readonly revision: Revision;
}

/** The whole store as a deterministic state machine. It trusts its ops: they were checked when they were made. */
export interface Engine {
  /** By name. */
  readonly tables: OrderedMap<VectorTable>;
  /** By key; the entries are frozen. */
  readonly entries: OrderedMap<StateEntry>;
  /** By name. */
  readonly secrets: OrderedMap<SealedSecret>;
  /** The newest revision, of state and secrets together; 0 before the first. */
  readonly revision: Revision;
  apply(op: Op): void;
}

export function createEngine(): Engine {
  const tables = createOrderedMap<VectorTable>();
  const entries = createOrderedMap<StateEntry>();
  const secrets = createOrderedMap<SealedSecret>();
  let newest = 0;

  const table = (name: string): VectorTable => {
    const found = tables.get(name);
    if (found === undefined) throw new Error(`no collection ${name}`);
    return found;
  };

  return {
    tables,
    entries,
    secrets,
    get revision() {
      return newest;
    },
    apply: (op) => {
      switch (op.type) {
        case "createCollection":
          tables.set(op.name, createVectorTable(op.name, op.dimension, op.metric));
          return;
        case "dropCollection":
          tables.delete(op.name);
          return;
        case "upsert": {
          const { upsert } = table(op.collection);
          for (const record of op.records) upsert(record);
          return;
        }
        case "delete": {
          const found = table(op.collection);
          for (const id of op.ids) found.delete(id);
          return;
        }
        case "commit":
          newest = op.revision;
          for (const { key, value } of op.changes) {
            if (value === undefined) entries.delete(key);
            else entries.set(key, Object.freeze({ key, value, revision: newest }));
          }
          return;
        case "writeSecret":
          newest = op.revision;
          secrets.set(op.name, { sealed: op.sealed, revision: newest });
          return;
        case "deleteSecret":
          secrets.delete(op.name);
          return;
      }
    },
  };
}
