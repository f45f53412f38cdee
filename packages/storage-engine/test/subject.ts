import type { Awaitable, SecretBackend, StateStore, VectorStore } from "@keelson/core";
import {
  createAccess,
  createEngine,
  createSecretBackend,
  createStateStore,
  createVectorStore,
  type Engine,
  type Journal,
  type Op,
} from "@keelson/storage-engine";

/** A store on a bare engine, with what its journal was given. */
export interface Subject {
  readonly engine: Engine;
  readonly ops: Op[];
  readonly vectors: VectorStore;
  readonly state: StateStore;
  readonly secrets: SecretBackend;
}

/** @param append What the journal does with an op. Default: it is durable at once. */
export function createSubject(append: (op: Op) => Promise<void> = () => Promise.resolve()): Subject {
  const ops: Op[] = [];
  const engine = createEngine();
  const journal: Journal = {
    append: (op) => {
      ops.push(op);
      return { bytes: 0, written: append(op) };
    },
  };
  const parts = { engine, journal, access: createAccess("subject") };
  const sealer = { seal: (payload: string) => payload, unseal: (sealed: string) => sealed };
  return {
    engine,
    ops,
    vectors: createVectorStore({ ...parts, durable: false, physicalDelete: true }),
    state: createStateStore(parts),
    secrets: createSecretBackend({ ...parts, durable: false, sealed: false, sealer }),
  };
}

/** What an interface leaves open, as the promise it is. */
export async function when<T>(answer: Awaitable<T>): Promise<T> {
  return await answer;
}
