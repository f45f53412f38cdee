import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What the API reference of AWS Secrets Manager says of the calls that are made, over real HTTP
 * (https://docs.aws.amazon.com/secretsmanager/latest/apireference/). Not AWS: it shows that the adapter keeps to the
 * documentation, not that the service does.
 */
export interface FakeSecretsManager {
  readonly url: string;
  /** The calls so far. */
  readonly calls: string[];
  /** Answers this many calls of an operation with an error, before doing anything or after having done it. */
  fail(operation: string, type: string, options?: { times?: number; status?: number; after?: boolean }): void;
  /** Puts a new current version as somebody else would. */
  put(id: string, text: string | undefined): void;
  /** For so many creations to come, names of deleted secrets are not free yet. */
  deleteSlowly(creations: number): void;
  /** The texts of all versions that have a label. */
  labelled(id: string): string[];
  close(): void;
}

interface Version {
  text: string | undefined;
  created: number;
  labels: Set<string>;
}

interface Entry {
  description: string;
  versions: Map<string, Version>;
}

class Refusal extends Error {
  readonly type: string;
  readonly status: number;
  constructor(type: string, status = 400) {
    super(type);
    this.type = type;
    this.status = status;
  }
}

type Input = Record<string, unknown>;

export async function startFakeSecretsManager(): Promise<FakeSecretsManager> {
  const entries = new Map<string, Entry>();
  const calls: string[] = [];
  const failures: { operation: string; type: string; times: number; status: number; after: boolean }[] = [];
  let seconds = Date.parse("2026-01-01") / 1000;
  let deleting = 0;

  const entryOf = (id: unknown): Entry => {
    const entry = entries.get(String(id));
    if (entry === undefined) throw new Refusal("ResourceNotFoundException");
    return entry;
  };
  const holderOf = ({ versions }: Entry, label: string): string | undefined =>
    [...versions].find(([, { labels }]) => labels.has(label))?.[0];
  const moveLabel = (entry: Entry, label: string, to: string | undefined): void => {
    const from = holderOf(entry, label);
    if (from !== undefined) entry.versions.get(from)?.labels.delete(label);
    if (to !== undefined) entry.versions.get(to)?.labels.add(label);
    if (label === "AWSCURRENT" && from !== undefined && from !== to) moveLabel(entry, "AWSPREVIOUS", from);
  };
  const add = (entry: Entry, id: string, text: string | undefined): void => {
    seconds += 0.001;
    entry.versions.set(id, { text, created: seconds, labels: new Set() });
  };
  const checkText = (text: unknown): string => {
    if (typeof text !== "string" || text.length < 1 || Buffer.byteLength(text) > 65_536)
      throw new Refusal("ValidationException");
    return text;
  };
  const checkToken = (token: unknown): string => {
    if (typeof token !== "string" || token.length < 32 || token.length > 64)
      throw new Refusal("InvalidParameterException");
    return token;
  };

  const operations: Record<string, (input: Input) => unknown> = {
    GetSecretValue: ({ SecretId, VersionStage }) => {
      const entry = entryOf(SecretId);
      const id = holderOf(entry, String(VersionStage ?? "AWSCURRENT"));
      if (id === undefined) throw new Refusal("ResourceNotFoundException");
      const { text, created, labels } = entry.versions.get(id) as Version;
      return {
        Name: SecretId,
        SecretString: text,
        VersionId: id,
        CreatedDate: created,
        VersionStages: [...labels],
      };
    },
    CreateSecret: ({ Name, Description, SecretString, ClientRequestToken }) => {
      const name = String(Name);
      if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name) || String(Description).length > 2048)
        throw new Refusal("InvalidParameterException");
      const token = checkToken(ClientRequestToken);
      const known = entries.get(name)?.versions.get(token);
      if (known !== undefined && known.text === SecretString) return { Name: name, VersionId: token };
      if (entries.has(name)) throw new Refusal("ResourceExistsException");
      if (deleting > 0) {
        deleting -= 1;
        throw new Refusal("InvalidRequestException");
      }
      const entry: Entry = { description: String(Description ?? ""), versions: new Map() };
      add(entry, token, checkText(SecretString));
      moveLabel(entry, "AWSCURRENT", token);
      entries.set(name, entry);
      return { Name: name, VersionId: token };
    },
    PutSecretValue: ({ SecretId, SecretString, ClientRequestToken, VersionStages }) => {
      const entry = entryOf(SecretId);
      const token = checkToken(ClientRequestToken);
      const known = entry.versions.get(token);
      if (known !== undefined && known.text !== SecretString) throw new Refusal("ResourceExistsException");
      if (known === undefined) add(entry, token, checkText(SecretString));
      for (const label of (VersionStages ?? ["AWSCURRENT"]) as string[]) moveLabel(entry, label, token);
      return { VersionId: token };
    },
    UpdateSecretVersionStage: ({ SecretId, VersionStage, MoveToVersionId, RemoveFromVersionId }) => {
      const entry = entryOf(SecretId);
      const label = String(VersionStage);
      if (holderOf(entry, label) !== RemoveFromVersionId) throw new Refusal("InvalidParameterException");
      if (MoveToVersionId !== undefined && !entry.versions.has(String(MoveToVersionId)))
        throw new Refusal("ResourceNotFoundException");
      moveLabel(entry, label, MoveToVersionId as string | undefined);
      return {};
    },
    DeleteSecret: ({ SecretId }) => {
      entries.delete(String(SecretId));
      return {};
    },
    ListSecrets: ({ Filters, MaxResults, NextToken }) => {
      const [{ Values: [prefix = ""] = [] } = {}] = (Filters ?? []) as { Values?: string[] }[];
      const all = [...entries].filter(([name]) => name.startsWith(prefix));
      const from = Number(NextToken ?? 0);
      const to = from + Math.min(100, Number(MaxResults ?? 100));
      const SecretList = all
        .slice(from, to)
        .map(([Name, { description }]) => ({ Name, Description: description }));
      return { SecretList, ...(to < all.length && { NextToken: String(to) }) };
    },
  };

  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const operation = String(request.headers["x-amz-target"]).replace("secretsmanager.", "");
    calls.push(operation);
    try {
      if (
        !/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-test-1\/secretsmanager\/aws4_request, SignedHeaders=/.test(
          request.headers.authorization ?? "",
        )
      )
        throw new Refusal("UnrecognizedClientException");
      const input = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Input;
      const failure = failures.find(({ operation: failing, times }) => failing === operation && times > 0);
      if (failure !== undefined) {
        failure.times -= 1;
        if (failure.after) operations[operation]?.(input);
        throw new Refusal(failure.type, failure.status);
      }
      return [200, operations[operation]?.(input)];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [error.status, { __type: error.type, message: `refused ${Buffer.concat(chunks)}` }];
    }
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    calls,
    fail: (operation, type, { times = 1, status = 400, after = false } = {}) =>
      void failures.push({ operation, type, times, status, after }),
    put: (id, text) => {
      const entry = entryOf(id);
      const version = crypto.randomUUID();
      add(entry, version, text);
      moveLabel(entry, "AWSCURRENT", version);
    },
    deleteSlowly: (creations) => {
      deleting = creations;
    },
    labelled: (id) =>
      [...entryOf(id).versions.values()].flatMap(({ labels, text }) => (labels.size > 0 ? [text ?? ""] : [])),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
