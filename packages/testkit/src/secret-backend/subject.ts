import assert from "node:assert/strict";
import { Secret, type SecretBackend } from "@keelson/core";

/** A payload as the secret store makes it: one opaque string under the record's name. */
export function payload(value: string, name = "key"): Secret {
  return new Secret(value, { name, version: 1 });
}

/** The value stored under a name, `undefined` where there is none. */
export async function valueOfSecret(backend: SecretBackend, name: string): Promise<string | undefined> {
  return (await backend.read(name))?.payload.expose();
}

/** Fails unless these are the stored values, and these the names listed. */
export async function assertSecrets(
  backend: SecretBackend,
  expected: ReadonlyMap<string, string>,
): Promise<void> {
  assert.deepStrictEqual(await backend.list(), [...expected.keys()].sort());
  for (const [name, value] of expected)
    assert.ok((await valueOfSecret(backend, name)) === value, "a payload differs");
}
