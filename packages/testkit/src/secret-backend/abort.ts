import assert from "node:assert/strict";
import type { ExpectedRevision, SecretBackend, SecretRecord } from "@keelson/core";
import { type AbortProbe, abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { payload, valueOfSecret } from "./subject.ts";

/** What the record's revision is now. Each round of a case finds another. */
interface Prepared {
  expect: ExpectedRevision;
}

async function restore(backend: SecretBackend, prepared: Prepared = { expect: "absent" }): Promise<Prepared> {
  const expect = (await backend.read("key"))?.revision ?? "absent";
  prepared.expect = (await backend.write("key", payload("old"), { expect })).revision;
  return prepared;
}

const untouched = async (backend: SecretBackend): Promise<void> => {
  assert.equal(await valueOfSecret(backend, "key"), "old");
};

/** The old record or `after`, whole; then the old again for the next round. */
async function oldOr(
  backend: SecretBackend,
  after: string | undefined,
  { done, prepared }: { done: boolean; prepared: Prepared },
): Promise<void> {
  const now = await valueOfSecret(backend, "key");
  assert.equal(now, done || now !== "old" ? after : "old");
  await restore(backend, prepared);
}

const probes: readonly AbortProbe<SecretBackend, Prepared>[] = [
  {
    method: "read",
    prepare: (backend) => restore(backend),
    call: (backend, signal) => backend.read("key", { signal }),
    answer: (record) => assert.equal((record as SecretRecord | undefined)?.payload.expose(), "old"),
  },
  {
    method: "write",
    prepare: (backend) => restore(backend),
    call: (backend, signal, { expect }) => backend.write("key", payload("new"), { expect, signal }),
    untouched,
    settled: (backend, done, prepared) => oldOr(backend, "new", { done, prepared }),
  },
  {
    method: "list",
    prepare: (backend) => restore(backend),
    call: (backend, signal) => backend.list({ signal }),
    answer: (names) => assert.deepStrictEqual(names, ["key"]),
  },
  {
    method: "delete",
    prepare: (backend) => restore(backend),
    call: (backend, signal) => backend.delete("key", { signal }),
    untouched,
    settled: (backend, done, prepared) => oldOr(backend, undefined, { done, prepared }),
  },
];

/** Aborting, as the SDK does it. */
export const abortSecretCases: readonly ConformanceCase<SecretBackend>[] = abortCases(
  "secret-backend",
  probes,
);

/** Aborting, as users do it. */
export const strictAbortSecretCases: readonly ConformanceCase<SecretBackend>[] = strictAbortCases(
  "secret-backend",
  probes,
);
