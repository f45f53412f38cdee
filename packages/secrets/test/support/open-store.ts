import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import type { SecretBackend, StateStore } from "@keelson/core";
import { createSecretStore, type SecretStore, type SecretStoreOptions } from "@keelson/secrets";

export const MINUTE = 60_000;

/** A store over memory with a clock to move, and the means to open another one over the same backend. */
export interface OpenStore {
  readonly backend: SecretBackend;
  /** Absent where a backend was given without one. */
  readonly state: StateStore | undefined;
  readonly clock: ManualClock;
  readonly store: SecretStore;
  /** A store as another process, or the same one restarted, would open it. */
  reopen(): SecretStore;
}

export function openStore(options: Partial<SecretStoreOptions> = {}): OpenStore {
  const clock = createManualClock({ nowMs: 1_000_000 });
  const { secrets, state } = createMemoryStorage();
  const { backend } = options;
  // A backend by itself has the state that was given with it, or none.
  const given: SecretStoreOptions =
    backend === undefined
      ? { clock, ...options, backend, secrets: options.secrets ?? secrets, state: options.state ?? state }
      : { clock, ...options, backend, secrets: undefined };
  const reopen = (): SecretStore => createSecretStore(given);
  return { backend: given.backend ?? given.secrets, state: given.state, clock, store: reopen(), reopen };
}

/** Which of the values the store accepts. */
export async function accepted(
  store: SecretStore,
  name: string,
  values: readonly string[],
): Promise<string[]> {
  const results = await Promise.all(values.map((value) => store.verify(name, value)));
  return values.filter((_, i) => results[i]?.ok);
}

/** A value of kind "verify" that tests can read. */
export function token(label: string): string {
  return `${label}-0123456789-0123456789`;
}
