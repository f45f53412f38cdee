import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What Vault's API documentation says of the KV engine, version 2, over real HTTP
 * (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2). Not Vault: it shows that the adapter keeps to the
 * documentation, not that Vault does.
 */
export interface FakeVault {
  readonly url: string;
  readonly token: string;
  /** Every request so far, as method and path. */
  readonly requests: string[];
  /** Answers this many requests that match with a status, before doing anything, or after having done it. */
  fail(
    match: RegExp,
    status: number,
    times?: number,
    options?: { after?: boolean; retryAfter?: string },
  ): void;
  /** Writes as somebody else would, without check-and-set. */
  put(path: string, data: unknown): void;
  /** Marks the newest version as deleted, as the CLI's `kv delete` does. */
  softDelete(path: string): void;
  /** The versions whose data are still stored. */
  stored(path: string): unknown[];
  close(): void;
}

interface Version {
  data: unknown;
  created_time: string;
  deletion_time: string;
  destroyed: boolean;
}

interface Entry {
  current: number;
  max_versions: number;
  cas_required: boolean;
  versions: Map<number, Version>;
}

interface Failure {
  match: RegExp;
  status: number;
  times: number;
  after: boolean;
  retryAfter: string | undefined;
}

type Reply = [status: number, body?: unknown, headers?: Record<string, string>];

const notFound: Reply = [404, { errors: [] }];

export async function startFakeVault(): Promise<FakeVault> {
  const token = "hvs.fake-root-token";
  const entries = new Map<string, Entry>();
  const requests: string[] = [];
  const failures: Failure[] = [];
  let micros = Date.parse("2026-01-01T00:00:00Z") * 1000;

  const now = (): string => {
    micros += 1;
    const iso = new Date(Math.floor(micros / 1000)).toISOString();
    return `${iso.slice(0, -1)}${String(micros % 1000).padStart(3, "0")}214Z`;
  };
  const entryOf = (path: string): Entry => {
    const entry = entries.get(path) ?? {
      current: 0,
      max_versions: 0,
      cas_required: false,
      versions: new Map(),
    };
    entries.set(path, entry);
    return entry;
  };
  const put = (path: string, data: unknown): Version => {
    const entry = entryOf(path);
    const version = { data, created_time: now(), deletion_time: "", destroyed: false };
    entry.current += 1;
    entry.versions.set(entry.current, version);
    for (const old of [...entry.versions.keys()].slice(0, -(entry.max_versions || 10)))
      entry.versions.delete(old);
    return version;
  };

  const data = (method: string, path: string, body: Record<string, unknown>): Reply => {
    const entry = entries.get(path);
    if (method === "GET") {
      const version = entry?.versions.get(entry.current);
      if (version === undefined) return notFound;
      const { data, ...metadata } = version;
      const gone = version.deletion_time !== "" || version.destroyed;
      const answer = {
        data: { data: gone ? null : data, metadata: { ...metadata, version: entry?.current } },
      };
      return [gone ? 404 : 200, answer];
    }
    const { cas } = (body.options ?? {}) as { cas?: number };
    if (entry?.cas_required && cas === undefined)
      return [400, { errors: ["check-and-set parameter required"] }];
    if (cas !== undefined && cas !== (entry?.current ?? 0))
      return [400, { errors: ["check-and-set parameter did not match the current version"] }];
    const { data: _, ...metadata } = put(path, body.data);
    return [200, { data: { ...metadata, version: entries.get(path)?.current } }];
  };

  const metadata = (method: string, path: string, query: string, body: Record<string, unknown>): Reply => {
    if (query === "list=true") {
      const keys = [...entries.keys()].flatMap((key) =>
        key.startsWith(`${path}/`) ? [key.slice(path.length + 1).replace(/\/.*/, "/")] : [],
      );
      return keys.length === 0 ? notFound : [200, { data: { keys: [...new Set(keys)].sort() } }];
    }
    if (method === "DELETE") {
      entries.delete(path);
      return [204];
    }
    if (method === "POST") {
      Object.assign(entryOf(path), body);
      return [204];
    }
    const entry = entries.get(path);
    if (entry === undefined) return notFound;
    const versions = Object.fromEntries(
      [...entry.versions].map(([number, { data: _, ...rest }]) => [number, rest]),
    );
    const { current, max_versions, cas_required } = entry;
    return [200, { data: { current_version: current, max_versions, cas_required, versions } }];
  };

  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const { pathname, search } = new URL(request.url ?? "", "http://vault");
    const method = request.method ?? "";
    requests.push(`${method} ${pathname}${search}`);
    if (request.headers["x-vault-token"] !== token) return [403, { errors: ["permission denied"] }];
    if (text.length > 32 * 1024 * 1024) return [413];
    const failure = failures.find(({ match, times }) => times > 0 && match.test(`${method} ${pathname}`));
    if (failure !== undefined) failure.times -= 1;
    const headers = failure?.retryAfter === undefined ? {} : { "retry-after": failure.retryAfter };
    if (failure !== undefined && !failure.after) return [failure.status, { errors: ["planned"] }, headers];
    const [, mount, kind, path = ""] = /^\/v1\/([^/]+)\/(data|metadata)\/(.+)$/.exec(pathname) ?? [];
    if (mount !== "secret") return [404, { errors: ["no handler for route"] }];
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    const reply = kind === "data" ? data(method, path, body) : metadata(method, path, search.slice(1), body);
    return failure === undefined ? reply : [failure.status, { errors: ["planned"] }, headers];
  };

  const server: Server = createServer((request, response) => {
    void answer(request).then(([status, body, headers]) => {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    requests,
    fail: (match, status, times = 1, { after = false, retryAfter } = {}) =>
      void failures.push({ match, status, times, after, retryAfter }),
    put,
    softDelete: (path) => {
      const entry = entryOf(path);
      const version = entry.versions.get(entry.current);
      if (version !== undefined) version.deletion_time = now();
    },
    stored: (path) => [...(entries.get(path)?.versions.values() ?? [])].map((version) => version.data),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
