import { randomBytes } from "node:crypto";
import {
  argumentInvalid,
  assertKey,
  assertObject,
  assertSecret,
  type Clock,
  type ExpectedRevision,
  KeelsonError,
  orAbort,
  Secret,
  type SecretBackend,
  secretConflict,
  secretUnreadable,
  systemClock,
} from "@keelson/core";
import { fromStoredName, toStoredName } from "./secret-names.ts";
import type { CallOptions, CurrentValue, SecretsManagerCalls } from "./secrets-manager-calls.ts";

// SecretString may not be empty, and a payload may.
const MARKER = "1";
// SecretString has 65,536 at the most.
const MAX_PAYLOAD_BYTES = 65_536 - MARKER.length;
const PAGE = 100;
const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";
// On what is being written until it is current. One label for all writers: a crash leaves one version at the most.
const WRITING = "KEELSON_WRITING";
const OURS = /^keelson-(\d{16})-[0-9a-f]{16}$/;
const DELETION_WAITS_MS: readonly number[] = [250, 500, 1_000, 2_000, 4_000];

/** What {@link createAwsSecrets} takes. */
export interface AwsSecretsOptions {
  /** Makes the calls: the AWS SDK's `SecretsManager`, or what `createSecretsManagerClient` makes. */
  readonly client: SecretsManagerCalls;
  /** What the names of all secrets start with; nothing else may. Default `"keelson/"`. */
  readonly prefix?: string | undefined;
  /** Numbers revisions, and waits for deletions. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

interface Known {
  readonly versionId: string;
  readonly revision: number;
}

/**
 * A secret backend on AWS Secrets Manager. A write puts a new version, and then moves the label `AWSCURRENT` from the
 * version it expects, which the service does for one writer alone. What others write is noticed as another revision.
 * The version before loses the label `AWSPREVIOUS`, so that AWS deletes it.
 *
 * Calls reject with SECRET_BACKEND_FAILED when the service refuses or does not answer. A write without an answer may
 * have taken place.
 *
 * @throws KeelsonError ARGUMENT_INVALID when the client or the prefix cannot be one.
 * @example
 * ```ts
 * import { createAwsSecrets, type SecretsManagerCalls } from "@keelson/adapters-aws-secrets-manager";
 *
 * // const client = new SecretsManager({ region: "eu-central-1" }); of "@aws-sdk/client-secrets-manager"
 * declare const client: SecretsManagerCalls;
 * export const open = () => createAwsSecrets({ client });
 * ```
 */
export function createAwsSecrets(options: AwsSecretsOptions): SecretBackend {
  assertObject(options);
  const { client, prefix = "keelson/", clock = systemClock } = options;
  if (typeof client?.getSecretValue !== "function")
    throw argumentInvalid("client", "is no client of Secrets Manager");
  if (!/^[A-Za-z0-9/_+=.@-]{1,100}$/.test(prefix))
    throw argumentInvalid("prefix", "is not 1 to 100 of the characters that names may have");
  const idOf = (name: string): string => prefix + toStoredName(name).segment;
  let newest = 0;

  /** The value that is current; `undefined` where there is none, or it waits for its deletion. */
  const look = async (
    name: string,
    signal: AbortSignal | undefined,
  ): Promise<(CurrentValue & Known) | undefined> => {
    try {
      const input = { SecretId: idOf(name), VersionStage: CURRENT };
      const value = await asked("read", signal, (with_) => client.getSecretValue(input, with_));
      const versionId = value.VersionId ?? "";
      return { ...value, versionId, revision: revisionOf(versionId, value.CreatedDate) };
    } catch (error) {
      if (isRefused(error, "ResourceNotFoundException", "InvalidRequestException")) return undefined;
      throw error;
    }
  };
  const conflictOr = async (
    name: string,
    expect: ExpectedRevision,
    id: string,
    signal: AbortSignal | undefined,
  ) => {
    const now = await look(name, signal);
    // An earlier attempt of this very write has taken place, and its answer was lost.
    if (now?.versionId === id) return;
    throw secretConflict(name, expect, now?.revision ?? "absent");
  };

  const create = async (
    name: string,
    text: string,
    id: string,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const { description } = toStoredName(name);
    const input = { Name: idOf(name), Description: description, SecretString: text, ClientRequestToken: id };
    for (let attempt = 0; ; attempt++) {
      try {
        await asked("create", signal, (with_) => client.createSecret(input, with_));
        return;
      } catch (error) {
        if (isRefused(error, "ResourceExistsException")) return conflictOr(name, "absent", id, signal);
        // A secret of that name is still being deleted.
        const wait = DELETION_WAITS_MS[attempt];
        if (!isRefused(error, "InvalidRequestException") || wait === undefined) throw error;
        await clock.sleep(wait, signal && { signal });
      }
    }
  };

  const replace = async (
    name: string,
    text: string,
    id: string,
    before: Known,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const SecretId = idOf(name);
    const { versionId, revision } = before;
    try {
      const put = { SecretId, SecretString: text, ClientRequestToken: id, VersionStages: [WRITING] };
      await asked("put", signal, (with_) => client.putSecretValue(put, with_));
      const move = { SecretId, VersionStage: CURRENT, MoveToVersionId: id, RemoveFromVersionId: versionId };
      await asked("make current", signal, (with_) => client.updateSecretVersionStage(move, with_));
    } catch (error) {
      if (
        !isRefused(error, "InvalidParameterException", "InvalidRequestException", "ResourceNotFoundException")
      )
        throw error;
      await conflictOr(name, revision, id, signal);
    }
    try {
      const drop = { SecretId, VersionStage: PREVIOUS, RemoveFromVersionId: versionId };
      await asked("drop the version before", signal, (with_) => client.updateSecretVersionStage(drop, with_));
    } catch (error) {
      // Another writer has moved the label on meanwhile, or deleted the secret.
      if (!isRefused(error, "InvalidParameterException", "ResourceNotFoundException")) throw error;
    }
  };

  return Object.freeze({
    specVersion: 1,
    capabilities: Object.freeze({ durable: true, sealed: true, maxPayloadBytes: MAX_PAYLOAD_BYTES }),

    async read(name, { signal } = {}) {
      signal?.throwIfAborted();
      assertKey(name, 256);
      const found = await look(name, signal);
      if (found === undefined) return undefined;
      const { SecretString, revision } = found;
      if (SecretString === undefined) throw secretUnreadable(name, "somebody else has written it");
      return {
        payload: new Secret(SecretString.slice(MARKER.length), { name, version: revision }),
        revision,
      };
    },

    async write(name, payload, { expect, signal }) {
      signal?.throwIfAborted();
      assertKey(name, 256);
      assertSecret(payload, MAX_PAYLOAD_BYTES);
      const text = MARKER + payload.expose();
      const before = await look(name, signal);
      if ((before?.revision ?? "absent") !== expect)
        throw secretConflict(name, expect, before?.revision ?? "absent");
      newest = Math.max(newest + 1, (before?.revision ?? 0) + 1, Math.floor(clock.now() * 1000));
      const revision = newest;
      const id = `keelson-${String(revision).padStart(16, "0")}-${randomBytes(8).toString("hex")}`;
      if (before === undefined) await create(name, text, id, signal);
      else await replace(name, text, id, before, signal);
      return { revision };
    },

    async list({ signal } = {}) {
      signal?.throwIfAborted();
      const names: string[] = [];
      let NextToken: string | undefined;
      do {
        const filters = [{ Key: "name" as const, Values: [prefix] }];
        const input = { Filters: filters, MaxResults: PAGE, ...(NextToken !== undefined && { NextToken }) };
        const page = await asked("list", signal, (with_) => client.listSecrets(input, with_));
        for (const { Name = "", Description, DeletedDate } of page.SecretList ?? []) {
          if (!Name.startsWith(prefix) || DeletedDate !== undefined) continue;
          const name = fromStoredName(Name.slice(prefix.length), Description);
          if (name !== undefined) names.push(name);
        }
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return names.sort((a, b) => (a < b ? -1 : 1));
    },

    async delete(name, { signal } = {}) {
      signal?.throwIfAborted();
      assertKey(name, 256);
      try {
        const input = { SecretId: idOf(name), ForceDeleteWithoutRecovery: true };
        await asked("delete", signal, (with_) => client.deleteSecret(input, with_));
      } catch (error) {
        if (!isRefused(error, "ResourceNotFoundException")) throw error;
      }
    },
  } satisfies SecretBackend);
}

/** Makes one call. It rejects with the signal's own reason, and with the service's name of an error but not its words. */
async function asked<T>(
  operation: string,
  signal: AbortSignal | undefined,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await orAbort(call(signal === undefined ? {} : { abortSignal: signal }), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw failed(operation, error);
  }
}

function failed(operation: string, error: unknown): KeelsonError<"SECRET_BACKEND_FAILED"> {
  const { name: reason = "failed", $metadata } = error as {
    readonly name?: string;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const status = $metadata?.httpStatusCode;
  const isBusy = status === undefined || status === 429 || status >= 500 || /Throttl/.test(reason);
  return new KeelsonError("SECRET_BACKEND_FAILED", `AWS Secrets Manager: ${operation}: ${reason}`, {
    details: { backend: "aws-secrets-manager", operation, status, reason },
    retryable: isBusy,
  });
}

function isRefused(error: unknown, ...reasons: readonly string[]): boolean {
  return (
    error instanceof KeelsonError && reasons.includes((error.details as { reason?: string }).reason ?? "")
  );
}

/** The number in a version id of ours; for versions that others made, when they did, in microseconds too. */
function revisionOf(versionId: string, created: Date | undefined): number {
  const [, number] = OURS.exec(versionId) ?? [];
  return number === undefined ? (created?.getTime() ?? 0) * 1000 + 1 : Number(number);
}
