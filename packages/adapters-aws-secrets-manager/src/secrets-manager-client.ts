import {
  type Awaitable,
  argumentInvalid,
  assertObject,
  type Clock,
  type Secret,
  systemClock,
  withTimeout,
} from "@keelson/core";
import { AwsClient } from "aws4fetch";
import type { CallOptions, CurrentValue, SecretPage, SecretsManagerCalls } from "./secrets-manager-calls.ts";

/** What requests are signed with. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string | Secret;
  /** For temporary credentials. */
  readonly sessionToken?: string | Secret | undefined;
}

/** What {@link createSecretsManagerClient} takes. */
export interface SecretsManagerClientOptions {
  /** Such as `"eu-central-1"`. */
  readonly region: string;
  /** A function is asked before every request, so that temporary credentials may be renewed. */
  readonly credentials: AwsCredentials | (() => Awaitable<AwsCredentials>);
  /** Another endpoint than AWS's own in the region. */
  readonly endpoint?: string | undefined;
  /** How long one request may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is sent that AWS throttles, fails or does not answer, at least 1. Default 4. */
  readonly attempts?: number | undefined;
  /** What makes the requests. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Dates signatures, measures timeouts and waits between attempts. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

const FIRST_WAIT_MS = 100;
const THROTTLED: readonly string[] = [
  "ThrottlingException",
  "LimitExceededException",
  "InternalServiceError",
];

/**
 * A small client of AWS Secrets Manager, where the AWS SDK is more than is wanted: requests signed by `aws4fetch`. All
 * requests it makes may safely be repeated, and are, after waiting.
 *
 * @throws KeelsonError ARGUMENT_INVALID when an option is missing or out of range.
 *
 * @example
 * ```ts
 * import { createAwsSecrets, createSecretsManagerClient } from "@keelson/adapters-aws-secrets-manager";
 *
 * const client = createSecretsManagerClient({
 *   region: "eu-central-1",
 *   credentials: { accessKeyId: "from your environment", secretAccessKey: "from your environment" },
 * });
 * console.log(createAwsSecrets({ client }).capabilities.durable); // true
 * ```
 */
export function createSecretsManagerClient(options: SecretsManagerClientOptions): SecretsManagerCalls {
  assertObject(options);
  const { region, credentials, endpoint, timeoutMs = 10_000, attempts = 4, clock = systemClock } = options;
  // It becomes part of a host name.
  if (typeof region !== "string" || !/^[a-z0-9-]{1,64}$/.test(region))
    throw argumentInvalid("region", "is no name of a region");
  if (typeof credentials !== "function" && typeof credentials?.accessKeyId !== "string")
    throw argumentInvalid("credentials", "are neither a key nor a function");
  if (endpoint !== undefined && !URL.canParse(endpoint)) throw argumentInvalid("endpoint", "is no URL");
  if (!(timeoutMs > 0)) throw argumentInvalid("timeoutMs", "is not above 0");
  if (!(attempts >= 1)) throw argumentInvalid("attempts", "is not at least 1");
  const service: Service = { ...options, timeoutMs, clock };

  const call = async <T>(
    operation: string,
    input: unknown,
    { abortSignal }: CallOptions = {},
  ): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      abortSignal?.throwIfAborted();
      try {
        return (await send(service, operation, input, abortSignal)) as T;
      } catch (error) {
        abortSignal?.throwIfAborted();
        const { name, $metadata } = error as ServiceError;
        const status = $metadata?.httpStatusCode;
        const again = status === undefined || status >= 500 || THROTTLED.includes(name);
        if (!again || attempt >= attempts) throw error;
      }
      const wait = FIRST_WAIT_MS * 2 ** (attempt - 1);
      await clock.sleep(wait, abortSignal && { signal: abortSignal });
    }
  };

  return Object.freeze({
    getSecretValue: async (input, callOptions) =>
      dated(await call<Raw<CurrentValue>>("GetSecretValue", input, callOptions)),
    createSecret: (input, callOptions) => call("CreateSecret", input, callOptions),
    putSecretValue: (input, callOptions) => call("PutSecretValue", input, callOptions),
    updateSecretVersionStage: (input, callOptions) => call("UpdateSecretVersionStage", input, callOptions),
    deleteSecret: (input, callOptions) => call("DeleteSecret", input, callOptions),
    listSecrets: (input, callOptions) => call<SecretPage>("ListSecrets", input, callOptions),
  } satisfies SecretsManagerCalls);
}

/** Where requests go, with what was left to the defaults. */
type Service = SecretsManagerClientOptions & { readonly timeoutMs: number; readonly clock: Clock };

/** Times are seconds on the wire. */
type Raw<T> = Omit<T, "CreatedDate"> & { readonly CreatedDate?: number };

interface ServiceError extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function dated({ CreatedDate, ...value }: Raw<CurrentValue>): CurrentValue {
  return { ...value, CreatedDate: CreatedDate === undefined ? undefined : new Date(CreatedDate * 1000) };
}

async function send(
  { region, credentials, endpoint, fetch, timeoutMs, clock }: Service,
  operation: string,
  input: unknown,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const ask = async (ended: AbortSignal): Promise<unknown> => {
    const { accessKeyId, secretAccessKey, sessionToken } =
      typeof credentials === "function" ? await credentials() : credentials;
    const aws = new AwsClient({
      accessKeyId,
      secretAccessKey: exposed(secretAccessKey),
      ...(sessionToken !== undefined && { sessionToken: exposed(sessionToken) }),
      service: "secretsmanager",
      region,
    });
    const request = await aws.sign(endpoint ?? `https://secretsmanager.${region}.amazonaws.com/`, {
      method: "POST",
      redirect: "error",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `secretsmanager.${operation}`,
      },
      body: JSON.stringify(input),
      aws: { datetime: new Date(clock.now()).toISOString().replaceAll(/[:-]|\.\d{3}/g, "") },
    });
    const response = await (fetch ?? globalThis.fetch)(request, { signal: ended });
    const body = (await response.json().catch(() => undefined)) as { __type?: string } | null | undefined;
    if (!response.ok) throw serviceError(body?.__type, response.status);
    // What was cut off on its way must not read as an answer that holds nothing.
    if (typeof body !== "object" || body === null) throw new Error("the answer is no JSON");
    return body;
  };
  return await withTimeout(ask, { timeoutMs, clock, signal, onTimeout: () => new Error("timeout") });
}

function exposed(value: string | Secret): string {
  return typeof value === "string" ? value : value.expose();
}

/** The service's message may quote what it was sent, so its name of the error is all that is kept. */
function serviceError(type: string | undefined, status: number): ServiceError {
  const name = type?.split("#").at(-1) ?? "UnknownError";
  return Object.assign(new Error(`AWS Secrets Manager answered ${status}`), {
    name,
    $metadata: { httpStatusCode: status },
  });
}
