import { type Awaitable, type Clock, KeelsonError, type Secret, withTimeout } from "@keelson/core";

/** How Vault is spoken to. */
export interface VaultClientOptions {
  readonly url: string;
  readonly token: string | Secret | (() => Awaitable<string | Secret>);
  readonly namespace: string | undefined;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly attempts: number;
}

/** One call of the API. */
export interface VaultCall {
  readonly operation: string;
  readonly method: "GET" | "POST" | "DELETE";
  /** Behind `/v1/`. */
  readonly path: string;
  readonly body?: unknown;
  /** May it be sent again when nothing is known of the first time? */
  readonly repeatable: boolean;
  readonly signal: AbortSignal | undefined;
}

/** What was answered: 200, 204, 400 or 404. Anything else is an error. */
interface VaultAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Makes calls, again where Vault is busy. */
export type VaultClient = (call: VaultCall) => Promise<VaultAnswer>;

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;
const ANSWERS: readonly number[] = [200, 204, 400, 404];
// Vault has not done anything when it answers so: rate limit, sealed, standby or in a state it must catch up to.
const NOT_DONE: readonly number[] = [412, 429, 472, 473, 503];

export function createVaultClient(options: VaultClientOptions): VaultClient {
  const { clock, attempts } = options;
  return async (call) => {
    for (let attempt = 1; ; attempt++) {
      call.signal?.throwIfAborted();
      let wait = FIRST_WAIT_MS * 2 ** (attempt - 1);
      try {
        const response = await send(options, call);
        if (ANSWERS.includes(response.status) && !isNoRoute(response)) return response;
        const again = NOT_DONE.includes(response.status) || (call.repeatable && response.status >= 500);
        if (!again || attempt >= attempts) throw failed(call, response.status, `answered ${response.status}`);
        wait = Math.max(wait, response.retryAfterMs);
      } catch (error) {
        call.signal?.throwIfAborted();
        if (error instanceof KeelsonError) throw error;
        // What fetch throws names hosts at the most, but need not be trusted to: it is not passed on.
        if (!call.repeatable || attempt >= attempts) throw failed(call, undefined, "did not answer");
      }
      await clock.sleep(Math.min(wait, LONGEST_WAIT_MS), { signal: call.signal });
    }
  };
}

/** Vault would not, or could not. Neither its answer nor what was sent is quoted. */
export function failed(
  { operation }: Pick<VaultCall, "operation">,
  status: number | undefined,
  reason: string,
): KeelsonError<"SECRET_BACKEND_FAILED"> {
  return new KeelsonError("SECRET_BACKEND_FAILED", `vault: ${operation}: ${reason}`, {
    details: { backend: "vault", operation, status, reason },
    retryable: status === undefined || status === 429 || NOT_DONE.includes(status) || status >= 500,
  });
}

async function send(
  { url, token, namespace, fetch, clock, timeoutMs }: VaultClientOptions,
  { method, path, body, signal }: VaultCall,
): Promise<VaultAnswer & { readonly retryAfterMs: number }> {
  const ask = async (ended: AbortSignal): Promise<VaultAnswer & { readonly retryAfterMs: number }> => {
    const given = typeof token === "function" ? await token() : token;
    const response = await fetch(endpoint(url, path), {
      method,
      // A redirect could carry the token elsewhere.
      redirect: "error",
      signal: ended,
      headers: {
        "x-vault-token": typeof given === "string" ? given : given.expose(),
        "x-vault-request": "true",
        ...(namespace !== undefined && { "x-vault-namespace": namespace }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return {
      status: response.status,
      body: parse(await response.text()),
      retryAfterMs: Number(response.headers.get("retry-after") ?? 0) * 1000 || 0,
    };
  };
  return await withTimeout(ask, { timeoutMs, clock, signal, onTimeout: () => new Error("timeout") });
}

/** Where a path of the API is, also where a proxy has put Vault below a path of its own. */
function endpoint(url: string, path: string): URL {
  const { origin, pathname } = new URL(url);
  return new URL(`${origin}${pathname.replace(/\/+$/, "")}/v1/${path}`);
}

/** Nothing is mounted there, or no such namespace: Vault says why. Of what is merely not there it says nothing. */
function isNoRoute({ status, body }: VaultAnswer): boolean {
  const { errors } = (body ?? {}) as { readonly errors?: unknown };
  return status === 404 && Array.isArray(errors) && errors.length > 0;
}

function parse(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
