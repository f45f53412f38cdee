import { assertKey, KeelsonError, Secret, type SecretBackend, type SecretRecord } from "@keelson/core";
import type { Guard } from "./guard.ts";
import { invalidArgument } from "./validate.ts";

/** What outlives a handle. */
export interface SecretMedium {
  readonly records: Map<string, SecretRecord>;
  newest: number;
}

export const createSecretMedium = (): SecretMedium => ({ records: new Map(), newest: 0 });

/** A secret backend as it should be. */
export function createReferenceSecrets(medium: SecretMedium, guard: Guard, durable: boolean): SecretBackend {
  const { records } = medium;
  return {
    specVersion: 1,
    capabilities: Object.freeze({ durable, sealed: false }),
    async read(name, options) {
      await guard.check(options);
      return records.get(name);
    },
    async write(name, payload, { expect, signal }) {
      assertKey(name, 256);
      if (!(payload instanceof Secret)) throw invalidArgument("payload");
      await guard.check({ signal });
      const actual = records.get(name)?.revision ?? "absent";
      if (actual !== expect)
        throw new KeelsonError("SECRET_CONFLICT", "the record has changed", {
          details: { name, expect, actual },
        });
      const revision = ++medium.newest;
      records.set(name, { payload, revision });
      return { revision };
    },
    async list(options) {
      await guard.check(options);
      return [...records.keys()].sort();
    },
    async delete(name, options) {
      assertKey(name, 256);
      await guard.check(options);
      records.delete(name);
    },
  };
}
