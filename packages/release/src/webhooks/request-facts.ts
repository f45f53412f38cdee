/** What a request asks. */
export interface RequestFacts {
  readonly release: string | null;
  /** The verdicts that are answered with success; `null`: all. */
  readonly expect: readonly string[] | null;
  readonly token: string | null;
}

const MAX_BODY_BYTES = 64 * 1024;

/**
 * Reads what is asked from the query, the header `Authorization: Bearer`, and the `metadata` of a JSON body, which is
 * where Flagger puts what it was configured with. `undefined` where the body is too long or no JSON.
 */
export async function readRequest(request: Request): Promise<RequestFacts | undefined> {
  const metadata = request.method === "POST" ? await readMetadata(request) : {};
  if (metadata === undefined) return undefined;
  const query = new URL(request.url).searchParams;
  const asked = (name: string): string | null => query.get(name) ?? textOf(metadata[name]);
  const [scheme = "", bearer] = (request.headers.get("authorization") ?? "").split(" ", 2);
  return {
    release: asked("release"),
    expect: asked("expect")?.split(",") ?? null,
    token: scheme.toLowerCase() === "bearer" && bearer ? bearer : textOf(metadata.token),
  };
}

async function readMetadata(request: Request): Promise<Record<string, unknown> | undefined> {
  const text = await readText(request);
  if (text === undefined) return undefined;
  if (text.trim() === "") return {};
  try {
    const { metadata } = Object(JSON.parse(text)) as { metadata?: unknown };
    return Object(metadata ?? {}) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The body as text, given up once it is too long, whatever its headers say. */
async function readText({ body }: Request): Promise<string | undefined> {
  if (body === null) return "";
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_BODY_BYTES) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
