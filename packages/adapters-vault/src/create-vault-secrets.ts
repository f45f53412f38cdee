import {
  type Awaitable,
  argumentInvalid,
  assertKey,
  assertObject,
  assertSecret,
  type Clock,
  type ExpectedRevision,
  Secret,
  type SecretBackend,
  secretConflict,
  secretUnreadable,
  systemClock,
} from "@keelson/core";
import { fromSegment, toSegment } from "./path-segment.ts";
import { createVaultClient, failed, type VaultCall } from "./vault-client.ts";

// Consul, the smallest of Vault's storages, takes 512 KiB; JSON makes what it is told longer.
const MAX_PAYLOAD_BYTES = 400_000;

/** What {@link createVaultSecrets} takes. */
export interface VaultSecretsOptions {
  /** The server: `https://vault.example:8200`, with the path that a proxy may have put it below. */
  readonly url: string;
  /** A token that may read, create, update, delete and list below the path. A function is asked before every call. */
  readonly token: string | Secret | (() => Awaitable<string | Secret>);
  /** Where the KV engine, version 2, is mounted. Default `"secret"`. */
  readonly mount?: string | undefined;
  /** The folder in it that holds the records and nothing else. Default `"keelson"`. */
  readonly path?: string | undefined;
  /** The namespace, for Vault Enterprise and OpenBao. Default: none. */
  readonly namespace?: string | undefined;
  /** How long one request may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is sent that Vault is too busy for, at least 1. Default 4. */
  readonly attempts?: number | undefined;
  /** What makes the requests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Measures timeouts and waits between attempts. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** What the metadata of a secret say. */
interface Known {
  /** KV's own number, which its check-and-set expects. 0 where there is nothing. */
  readonly version: number;
  readonly revision: ExpectedRevision;
  /** Does Vault keep older versions of it, with the values that were revoked since? */
  readonly keepsOlder: boolean;
}

/**
 * A secret backend on the KV engine, version 2, of HashiCorp Vault or OpenBao. Each record is one secret, replaced by
 * KV's own check-and-set. What others write is noticed as another revision. Vault is told to keep one version alone,
 * so that nothing of a revoked value stays behind.
 *
 * Calls reject with SECRET_BACKEND_FAILED when Vault refuses or does not answer. A write without an answer may have
 * taken place.
 *
 * @throws KeelsonError ARGUMENT_INVALID when `url`, `token`, `mount`, `path`, `timeoutMs` or `attempts` cannot be one.
 * @example
 * ```ts
 * import { createVaultSecrets } from "@keelson/adapters-vault";
 *
 * const backend = createVaultSecrets({ url: "https://vault.example:8200", token: "from your environment" });
 * // createSecretStore({ backend })
 * console.log(backend.capabilities); // { durable: true, sealed: true, maxPayloadBytes: 400000 }
 * ```
 */
export function createVaultSecrets(options: VaultSecretsOptions): SecretBackend {
  assertObject(options);
  const { url, token, mount = "secret", path = "keelson", namespace } = options;
  const { timeoutMs = 10_000, attempts = 4, clock = systemClock } = options;
  if (!URL.canParse(url)) throw argumentInvalid("url", "is no URL");
  if (token === undefined || token === "") throw argumentInvalid("token", "is missing, or empty");
  if (!(timeoutMs > 0)) throw argumentInvalid("timeoutMs", "is not above 0");
  if (!(attempts >= 1)) throw argumentInvalid("attempts", "is not at least 1");
  const folder = { mount: pathOf("mount", mount), path: pathOf("path", path) };
  const fetch: typeof globalThis.fetch = (...call) => (options.fetch ?? globalThis.fetch)(...call);
  const call = createVaultClient({ url, token, namespace, fetch, clock, timeoutMs, attempts });
  const at = (kind: "data" | "metadata", name: string): string =>
    `${folder.mount}/${kind}/${folder.path}/${toSegment(name)}`;

  const look = async (name: string, signal: AbortSignal | undefined): Promise<Known> => {
    const request = { operation: "read metadata", method: "GET", repeatable: true, signal } as const;
    const { status, body } = await call({ ...request, path: at("metadata", name) });
    return status === 404
      ? { version: 0, revision: "absent", keepsOlder: true }
      : readMetadata(request, body);
  };

  return Object.freeze({
    specVersion: 1,
    capabilities: Object.freeze({ durable: true, sealed: true, maxPayloadBytes: MAX_PAYLOAD_BYTES }),

    async read(name, { signal } = {}) {
      signal?.throwIfAborted();
      assertKey(name, 256);
      const request = { operation: "read", method: "GET", repeatable: true, signal } as const;
      const { status, body } = await call({ ...request, path: at("data", name) });
      if (status === 404) return undefined;
      if (status !== 200) throw failed(request, status, `answered ${status}`);
      const { data, metadata } = objectOf(objectOf(body).data);
      if (typeof data !== "object") throw failed(request, status, "answered without data");
      const { payload } = objectOf(data);
      if (typeof payload !== "string") throw secretUnreadable(name, "somebody else has written it");
      const revision = revisionOf(request, objectOf(metadata).created_time);
      return { payload: new Secret(payload, { name, version: revision }), revision };
    },

    async write(name, payload, { expect, signal }) {
      signal?.throwIfAborted();
      assertKey(name, 256);
      assertSecret(payload, MAX_PAYLOAD_BYTES);
      const known = await look(name, signal);
      if (known.revision !== expect) throw secretConflict(name, expect, known.revision);
      if (known.keepsOlder) {
        const body = { max_versions: 1, cas_required: true };
        const request = {
          operation: "write metadata",
          method: "POST",
          repeatable: true,
          signal,
          body,
        } as const;
        expectDone(request, await call({ ...request, path: at("metadata", name) }));
      }
      const body = { options: { cas: known.version }, data: { payload: payload.expose() } };
      const request = { operation: "write", method: "POST", repeatable: false, signal, body } as const;
      const answer = await call({ ...request, path: at("data", name) });
      if (answer.status === 400) {
        // Check-and-set has refused it, or the request is wrong: what is there now tells which.
        const now = await look(name, signal);
        if (now.version !== known.version || now.revision !== expect)
          throw secretConflict(name, expect, now.revision);
      }
      expectDone(request, answer);
      return { revision: revisionOf(request, objectOf(objectOf(answer.body).data).created_time) };
    },

    async list({ signal } = {}) {
      signal?.throwIfAborted();
      const request = { operation: "list", method: "GET", repeatable: true, signal } as const;
      const { status, body } = await call({
        ...request,
        path: `${folder.mount}/metadata/${folder.path}?list=true`,
      });
      if (status === 404) return [];
      const { keys } = objectOf(objectOf(body).data);
      if (!Array.isArray(keys)) throw failed(request, status, "answered without keys");
      const names = keys.map((key) => fromSegment(String(key)));
      return names.filter((name) => name !== undefined).sort((a, b) => (a < b ? -1 : 1));
    },

    async delete(name, { signal } = {}) {
      signal?.throwIfAborted();
      assertKey(name, 256);
      const request = { operation: "delete", method: "DELETE", repeatable: true, signal } as const;
      const answer = await call({ ...request, path: at("metadata", name) });
      if (answer.status !== 404) expectDone(request, answer);
    },
  } satisfies SecretBackend);
}

function readMetadata(request: Pick<VaultCall, "operation">, body: unknown): Known {
  const { current_version, max_versions, cas_required, versions } = objectOf(objectOf(body).data);
  const version = Number(current_version);
  if (!Number.isSafeInteger(version)) throw failed(request, 200, "answered without a version");
  const { created_time, deletion_time, destroyed } = objectOf(objectOf(versions)[String(version)]);
  const isThere = created_time !== undefined && (deletion_time ?? "") === "" && destroyed !== true;
  return {
    version,
    revision: isThere ? revisionOf(request, created_time) : "absent",
    keepsOlder: max_versions !== 1 || cas_required !== true,
  };
}

/**
 * Microseconds of the server's time of writing. KV's own number begins anew when a secret was deleted, and what was
 * written before must never be taken for what was written since.
 */
function revisionOf(request: Pick<VaultCall, "operation">, createdTime: unknown): number {
  const [, seconds, fraction = ""] = /^(.*?:\d\d:\d\d)(?:\.(\d+))?Z$/.exec(String(createdTime)) ?? [];
  const revision = Date.parse(`${seconds}Z`) * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
  if (!Number.isSafeInteger(revision) || revision < 1) throw failed(request, 200, "answered without a time");
  return revision;
}

function expectDone(request: Pick<VaultCall, "operation">, { status }: { readonly status: number }): void {
  if (status !== 200 && status !== 204) throw failed(request, status, `answered ${status}`);
}

function pathOf(argument: string, path: string): string {
  const segments = path.split("/");
  if (segments.some((segment) => !/^[A-Za-z0-9_-]+$/.test(segment)))
    throw argumentInvalid(argument, "is not made of letters, digits, _ and -, parted by /");
  return path;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
