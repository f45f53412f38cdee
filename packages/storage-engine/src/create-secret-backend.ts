import { assertKey, assertSecret, orAbort, Secret, type SecretBackend, secretConflict } from "@keelson/core";
import { assertExpected } from "./arguments.ts";
import type { EngineParts } from "./create-vector-store.ts";
import { createLane } from "./lane.ts";

/** Turns a secret into what may lie on the medium, and back. */
export interface Sealer {
  seal(payload: string, name: string, revision: number): string;
  /** @throws KeelsonError SECRET_UNREADABLE when it cannot. */
  unseal(sealed: string, name: string, revision: number): string;
}

/** What a secret backend on the engine takes. */
export interface EngineSecretBackendOptions extends EngineParts {
  readonly durable: boolean;
  /** Does the sealer encrypt? */
  readonly sealed: boolean;
  readonly sealer: Sealer;
}

export function createSecretBackend(options: EngineSecretBackendOptions): SecretBackend {
  const { engine, journal, access, sealer } = options;
  const lane = createLane(engine, journal);

  return {
    specVersion: 1,
    capabilities: Object.freeze({ durable: options.durable, sealed: options.sealed }),
    read: async (name, callOptions) => {
      access.enter(callOptions?.signal);
      assertKey(name, 256);
      const found = engine.secrets.get(name);
      await orAbort(lane.settled(), callOptions?.signal);
      if (found === undefined) return undefined;
      const { revision } = found;
      return {
        payload: new Secret(sealer.unseal(found.sealed, name, revision), { name, version: revision }),
        revision,
      };
    },
    write: async (name, payload, callOptions) => {
      access.enter(callOptions?.signal);
      assertKey(name, 256);
      assertSecret(payload);
      const expect: unknown = callOptions?.expect;
      assertExpected(expect);
      const actual = engine.secrets.get(name)?.revision ?? "absent";
      if (actual !== expect) {
        await orAbort(lane.settled(), callOptions.signal);
        throw secretConflict(name, expect, actual);
      }
      const revision = engine.revision + 1;
      const sealed = sealer.seal(payload.expose(), name, revision);
      await orAbort(lane.write({ type: "writeSecret", name, revision, sealed }), callOptions.signal);
      return { revision };
    },
    list: async (callOptions) => {
      access.enter(callOptions?.signal);
      const names = engine.secrets.keys();
      await orAbort(lane.settled(), callOptions?.signal);
      return names;
    },
    delete: async (name, callOptions) => {
      access.enter(callOptions?.signal);
      assertKey(name, 256);
      const exists = engine.secrets.get(name) !== undefined;
      await orAbort(
        exists ? lane.write({ type: "deleteSecret", name }) : lane.settled(),
        callOptions?.signal,
      );
    },
  } satisfies SecretBackend;
}
