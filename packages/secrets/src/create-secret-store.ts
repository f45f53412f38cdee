import { argumentInvalid, KeelsonError, Secret, type SecretBackend, systemClock } from "@keelson/core";
import { abortable } from "./abortable.ts";
import {
  assertConsumer,
  assertKind,
  assertName,
  assertNotes,
  assertSchedule,
  assertSpan,
  assertVersion,
  readBackend,
  readText,
  readValue,
  UNNAMED,
} from "./arguments.ts";
import { reportAudit } from "./audit.ts";
import { digestValue, randomToken } from "./digest.ts";
import { dueAtMs, dueRotation } from "./due.ts";
import { endGrace } from "./end-grace.ts";
import { answerOf, createDecoy, findMatch } from "./live-versions.ts";
import { createRecords, type Entry, notFound } from "./records.ts";
import { resume, rotate } from "./rotate.ts";
import type { DueRotation } from "./rotation-types.ts";
import type { SecretStore, VerifyResult } from "./secret-store.ts";
import type { SecretStoreOptions } from "./secret-store-options.ts";
import { toLive, toStatus } from "./secret-views.ts";
import type { StoredSecret } from "./stored-secret.ts";
import { createTimekeeper } from "./timekeeper.ts";
import { created, currentOf, ended, scheduled, versionOf } from "./transitions.ts";
import { createUsage } from "./usage.ts";

const HOUR_MS = 3_600_000;

/**
 * Opens the secrets of a storage, or of a backend by itself. Nothing is read or written before the first call.
 *
 * @throws KeelsonError ARGUMENT_INVALID when both `secrets` and `backend` are given, or neither is.
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
  const backend = readBackend(options);
  const { state, clock = systemClock, generate = randomToken } = options;
  const { maxJumpMs = HOUR_MS, onWarning: warn = () => {} } = options;
  if (!(maxJumpMs >= 0)) throw argumentInvalid("maxJumpMs", "is not a number of at least 0");
  const time = createTimekeeper(clock, maxJumpMs, (jump) => warn({ type: "clock-jumped", ...jump }));
  const records = createRecords({ backend, state, time, warn });
  const usage = createUsage(state, warn);
  const decoy = createDecoy();

  return {
    async put(name, value, { kind = "use", by, why, signal } = {}) {
      assertName(name);
      assertKind(kind);
      assertNotes({ by, why });
      const text =
        value === undefined ? readValue("generate", generate(), kind) : readValue("value", value, kind);
      const key = randomToken();
      const candidate = { value: text, ...digestValue(key, text) };
      const first = created(name, kind, key, candidate, { now: time.now(), by, why });
      const written = await records.write(first, "absent", signal);
      // A backend that repeats a write whose answer was lost reports its own success as a conflict.
      if ("conflict" in written && (await records.find(name, signal))?.secret.key !== key)
        throw new KeelsonError("SECRET_EXISTS", `there is a secret ${name} already: rotate it`, {
          details: { name },
        });
      return { version: 1, secret: new Secret(text, { name, version: 1 }) };
    },

    async get(name, { version, signal } = {}) {
      assertName(name);
      if (version !== undefined) assertVersion("version", version);
      // Only a previous version has a deadline to judge, so that reading the current one never writes.
      const { secret } = await (version === undefined
        ? records.load(name, signal)
        : records.update(name, unchanged, signal));
      assertUse(secret);
      const found = version === undefined ? currentOf(secret) : versionOf(secret, version);
      if (found?.value === undefined || found.stage === "pending")
        throw notFound(name, `secret ${name} has no live version ${version ?? ""}`.trimEnd());
      return new Secret(found.value, { name, version: found.version });
    },

    async current(name, { signal } = {}) {
      assertName(name);
      const { secret } = await records.load(name, signal);
      const found = currentOf(secret);
      if (found === undefined) throw notFound(name, `secret ${name} has no current version`);
      const { version, createdAtMs, fingerprint } = found;
      return { version, createdAtMs, fingerprint, dueAtMs: dueAtMs(secret) };
    },

    async live(name, { signal } = {}) {
      assertName(name);
      const { secret } = await records.update(name, unchanged, signal);
      assertUse(secret);
      return toLive(secret);
    },

    async noteUse(name, version, { consumer = UNNAMED, signal } = {}) {
      assertName(name);
      assertVersion("version", version);
      assertConsumer(consumer);
      const { life } = await records.load(name, signal);
      await usage.note({ name, life, consumer, atMs: time.now() }, version);
    },

    async verify(name, presented, { consumer = UNNAMED, signal } = {}): Promise<VerifyResult> {
      assertName(name);
      assertConsumer(consumer);
      const text = readText("presented", presented);
      const entry = await records.find(name, signal);
      const live = entry?.live ?? decoy;
      const now = time.now();
      const match = findMatch(live, text, now);
      const answer = answerOf(live, match);
      if (entry !== undefined && (live.closesAtMs <= now || entry.outdated || entry.ahead))
        try {
          await records.update(name, unchanged, signal);
        } catch (error) {
          // The next call tries again; until then nothing was refused that could come back.
          if (!answer.ok || signal?.aborted) throw error;
        }
      // A refusal goes the same way as a use, so that it takes as long.
      const of = { name: entry === undefined ? "" : name, life: entry?.life ?? "", consumer, atMs: now };
      const noted = usage.noteMatch(of, live.versions, match);
      if (noted !== undefined) await abortable(signal, () => noted);
      return answer;
    },

    async rotate(name, rotateOptions) {
      assertName(name);
      return rotate({ records, time, generate }, name, { ...rotateOptions });
    },

    async resume(name, resumeOptions = {}) {
      assertName(name);
      return resume({ records, time, generate }, name, resumeOptions);
    },

    async schedule(name, schedule, { by, why, signal } = {}) {
      assertName(name);
      assertNotes({ by, why });
      if (schedule !== undefined) assertSchedule(schedule);
      const kept = schedule && { everyMs: schedule.everyMs, graceMs: schedule.graceMs };
      await records.update(name, (secret, now) => scheduled(secret, kept, { now, by, why }), signal);
    },

    async due({ withinMs = 0, onFailed, signal } = {}) {
      assertSpan("withinMs", withinMs);
      const until = time.now() + withinMs;
      const due: DueRotation[] = [];
      for (const name of await listNames(backend, signal)) {
        let entry: Entry | undefined;
        try {
          entry = await records.find(name, signal);
        } catch (error) {
          signal?.throwIfAborted();
          if (onFailed === undefined) throw error;
          onFailed({ name, error });
        }
        const rotation = entry && dueRotation(entry.secret);
        if (rotation !== undefined && rotation.dueAtMs <= until) due.push(rotation);
      }
      return due.sort((a, b) => a.dueAtMs - b.dueAtMs);
    },

    async expireGrace(name, expireOptions = {}) {
      assertName(name);
      return endGrace({ records, usage, time, hasState: state !== undefined }, name, expireOptions);
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
      const { secret, life } = await records.update(name, unchanged, signal);
      return toStatus(secret, await usage.read(name, life, signal), time.jump());
    },

    async list({ signal } = {}) {
      return listNames(backend, signal);
    },

    async audit(name, { signal } = {}) {
      assertName(name);
      const { secret } = await records.update(name, unchanged, signal);
      return reportAudit(name, secret.audit);
    },

    trustClock: () => time.trust(),
  };
}

function unchanged(secret: StoredSecret): StoredSecret {
  return secret;
}

function assertUse({ kind }: StoredSecret): void {
  if (kind === "verify")
    throw argumentInvalid("name", 'is of a secret of kind "verify", which stores no value');
}

async function listNames(backend: SecretBackend, signal: AbortSignal | undefined): Promise<string[]> {
  return abortable(signal, () => backend.list({ signal }));
}
