import { assertSpecVersion, KeelsonError, Secret, systemClock } from "@keelson/core";
import { abortable } from "./abortable.ts";
import {
  assertKind,
  assertName,
  assertNotes,
  assertVersion,
  invalid,
  readText,
  readValue,
} from "./arguments.ts";
import { reportAudit } from "./audit.ts";
import { decodeToken, digestValue, randomToken } from "./digest.ts";
import { createDecoy, matchVersion } from "./live-versions.ts";
import { createRecords, notFound } from "./records.ts";
import { rotate } from "./rotate.ts";
import type { SecretStatus, SecretStore, SecretStoreOptions, VerifyResult } from "./secret-store.ts";
import type { StoredSecret, StoredVersion } from "./stored-secret.ts";
import { created, currentOf, ended, isOver, previousOf, versionOf } from "./transitions.ts";

/**
 * Opens the secrets of a backend. Nothing is read or written before the first call.
 *
 * @throws KeelsonError SPEC_VERSION_UNSUPPORTED when the backend was written for another version of its interface.
 * @example
 * ```ts
 * import { createManualClock, createMemoryStorage } from "@keelson/adapters-memory";
 * import { createSecretStore } from "@keelson/secrets";
 *
 * const clock = createManualClock();
 * const secrets = createSecretStore({ ...createMemoryStorage(), clock });
 *
 * const first = await secrets.put("ingest-token", undefined, { kind: "verify" });
 * const second = await secrets.rotate("ingest-token", { graceMs: 60_000 });
 * console.log(`${second.secret}`); // [secret ingest-token@2]
 *
 * console.log((await secrets.verify("ingest-token", first.secret)).ok); // true
 * console.log((await secrets.verify("ingest-token", second.secret)).ok); // true
 *
 * await secrets.expireGrace("ingest-token");
 * console.log((await secrets.verify("ingest-token", first.secret)).ok); // false
 * console.log((await secrets.verify("ingest-token", second.secret)).ok); // true
 * ```
 */
export function createSecretStore(options: SecretStoreOptions): SecretStore {
  const { secrets, clock = systemClock, generate = randomToken } = options;
  assertSpecVersion(secrets, "SecretBackend");
  const records = createRecords(secrets, clock);
  const decoy = createDecoy();

  return {
    async put(name, value, { kind = "use", by, why, signal } = {}) {
      assertName(name);
      assertKind(kind);
      assertNotes({ by, why });
      const text =
        value === undefined ? readValue("generate", generate(), kind) : readValue("value", value, kind);
      const key = randomToken();
      const candidate = { value: text, ...digestValue(decodeToken(key) as Buffer, text) };
      const first = created(name, kind, key, candidate, { now: clock.now(), by, why });
      const written = await records.write(first, "absent", signal);
      // A backend that repeats a write whose answer was lost reports its own success as a conflict.
      if ("conflict" in written && (await records.find(name, signal))?.secret.key !== key)
        throw new KeelsonError("SECRET_EXISTS", `there is a secret ${name}`, { details: { name } });
      return { version: 1, secret: new Secret(text, { name, version: 1 }) };
    },

    async get(name, { version, signal } = {}) {
      assertName(name);
      if (version !== undefined) assertVersion("version", version);
      // Only a previous version has a deadline to judge, so that reading the current one never writes.
      const { secret } = await (version === undefined
        ? records.load(name, signal)
        : records.update(name, unchanged, signal));
      if (secret.kind === "verify")
        throw invalid("name", 'is of a secret of kind "verify", which stores no value');
      const found = version === undefined ? currentOf(secret) : versionOf(secret, version);
      if (found?.value === undefined || found.stage === "pending")
        throw notFound(name, `secret ${name} has no live version ${version ?? ""}`.trimEnd());
      return new Secret(found.value, { name, version: found.version });
    },

    async verify(name, presented, { signal } = {}): Promise<VerifyResult> {
      assertName(name);
      const text = readText("presented", presented);
      const entry = await records.find(name, signal);
      const match = matchVersion(entry?.live ?? decoy, text);
      const now = clock.now();
      const accepted = match === undefined || isOver(match, now) ? undefined : match;
      if (entry?.secret.versions.some((version) => isOver(version, now)))
        try {
          await records.update(name, unchanged, signal);
        } catch (error) {
          // The next call tries again; until then nothing was refused that could come back.
          if (accepted === undefined || signal?.aborted) throw error;
        }
      return accepted === undefined ? { ok: false } : toAccepted(accepted);
    },

    async rotate(name, rotateOptions) {
      assertName(name);
      return rotate({ records, clock, generate }, name, rotateOptions);
    },

    async expireGrace(name, { by, why, signal } = {}) {
      assertName(name);
      assertNotes({ by, why });
      let revoked: number[] = [];
      const end = (secret: StoredSecret, now: number): StoredSecret => {
        revoked = previousOf(secret).map(({ version }) => version);
        return revoked.reduce(
          (next, version) => ended(next, version, "grace-ended", { now, by, why }),
          secret,
        );
      };
      await records.update(name, end, signal);
      return { revoked };
    },

    async revoke(name, version, { by, why, signal } = {}) {
      assertName(name);
      assertVersion("version", version);
      assertNotes({ by, why });
      const revoke = (secret: StoredSecret, now: number): StoredSecret => {
        if (version > secret.newest) throw notFound(name, `secret ${name} has no version ${version}`);
        const pending = versionOf(secret, version)?.stage === "pending";
        const next = ended(secret, version, "revoked", { now, by, why });
        return pending ? { ...next, rotation: undefined } : next;
      };
      await records.update(name, revoke, signal);
    },

    async status(name, { signal } = {}) {
      assertName(name);
      return toStatus((await records.update(name, unchanged, signal)).secret);
    },

    async list({ signal } = {}) {
      return abortable(signal, () => secrets.list({ signal }));
    },

    async audit(name, { signal } = {}) {
      assertName(name);
      const { secret } = await records.load(name, signal);
      return reportAudit(name, secret.audit);
    },
  };
}

function unchanged(secret: StoredSecret): StoredSecret {
  return secret;
}

function toAccepted({ version, stage, expiresAtMs }: StoredVersion): VerifyResult {
  return { ok: true, version, stage: stage === "previous" ? stage : "current", expiresAtMs };
}

function toStatus({ name, kind, versions, rotation }: StoredSecret): SecretStatus {
  return {
    name,
    kind,
    current: versions.find(({ stage }) => stage === "current")?.version,
    versions: versions.map(({ version, stage, createdAtMs, expiresAtMs, revokedAtMs, fingerprint }) => ({
      version,
      stage,
      createdAtMs,
      expiresAtMs,
      revokedAtMs,
      fingerprint,
    })),
    rotation,
  };
}
