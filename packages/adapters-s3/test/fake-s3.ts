import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What goes wrong with a request. */
type Fault =
  /** Is answered with that status, and has no effect. */
  | 500
  | 503
  /** Is never answered. */
  | "hang"
  /** Takes effect, but the connection ends before the answer. */
  | "lost-answer"
  /** The connection ends in the middle of the content. */
  | "partial-body"
  /** Another write of the key is under way. */
  | 409;

/** A service that speaks S3 as far as the adapter needs it, with conditional puts. */
export interface FakeS3 {
  readonly endpoint: string;
  /** Content by object key. */
  readonly objects: Map<string, { bytes: Uint8Array; metadata: Record<string, string> }>;
  /** Go wrong with the next requests, one each. */
  readonly faults: Fault[];
  /** Method and object key of every request so far. */
  readonly requests: string[];
  close(): Promise<void>;
}

const META = "x-amz-meta-";

/** @param pageSize How many objects a page of a listing holds at most. Default 1,000, as the real one. */
export async function startFakeS3(pageSize = 1000): Promise<FakeS3> {
  const objects: FakeS3["objects"] = new Map();
  const faults: Fault[] = [];
  const requests: string[] = [];

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(`http://fake${(request.url ?? "").replaceAll("/.", "/%2E")}`);
    const key = decodeURIComponent((request.url ?? "").split("?")[0]?.split("/").slice(2).join("/") ?? "");
    requests.push(`${request.method} ${key}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const fault = faults.shift();
    if (fault === "hang") return;
    if (typeof fault === "number") {
      refuse(
        response,
        fault,
        fault === 503 ? "SlowDown" : fault === 409 ? "ConditionalRequestConflict" : "InternalError",
      );
      return;
    }
    if (fault === "lost-answer") response.end = () => response.destroy();

    const found = objects.get(key);
    if (request.method === "GET" && url.searchParams.get("list-type") === "2") {
      response.setHeader("content-type", "application/xml").end(list(url.searchParams));
    } else if (request.method === "PUT") {
      if (request.headers["if-none-match"] === "*" && found !== undefined) {
        refuse(response, 412, "PreconditionFailed");
        return;
      }
      const metadata = Object.fromEntries(
        Object.entries(request.headers).filter(([name]) => name.startsWith(META)),
      ) as Record<string, string>;
      objects.set(key, { bytes: new Uint8Array(Buffer.concat(chunks)), metadata });
      response.setHeader("etag", '"fake"').end();
    } else if (request.method === "DELETE") {
      objects.delete(key);
      response.writeHead(204).end();
    } else if (found === undefined) {
      refuse(response, 404, "NoSuchKey");
    } else {
      response.writeHead(200, { ...found.metadata, "content-length": found.bytes.length });
      if (fault !== "partial-body") response.end(request.method === "HEAD" ? undefined : found.bytes);
      else response.write(found.bytes.subarray(0, found.bytes.length / 2), () => response.destroy());
    }
  };
  const list = (query: URLSearchParams): string => {
    const prefix = query.get("prefix") ?? "";
    const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
    const most = Math.min(pageSize, Number(query.get("max-keys") ?? 1000));
    const keys = [...objects.keys()].filter(
      (key) => key.startsWith(prefix) && Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0,
    );
    keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const page = keys.slice(0, most);
    const contents = page.map(
      (key) =>
        `<Contents><Key>${encodeURIComponent(key)}</Key><Size>${objects.get(key)?.bytes.length}</Size></Contents>`,
    );
    const next =
      page.length < keys.length
        ? `<NextContinuationToken>${xml(page.at(-1) ?? "")}</NextContinuationToken>`
        : "";
    return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== ""}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`;
  };

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    faults,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response
    .writeHead(status, { "content-type": "application/xml" })
    .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>made up by the test</Message></Error>`);
}

function xml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
