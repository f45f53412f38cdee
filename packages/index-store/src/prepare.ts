import { type Chunk, type Chunker, KeelsonError, type Metadata } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { canonical, digest } from "./digest.ts";
import { invalid, type SourceDocument } from "./documents.ts";
import type { Counts } from "./ledger.ts";
import { redactMetadata, redactText } from "./redact.ts";

/** The chunker of an index that was given none: a document is one chunk. */
export const wholeDocument: Chunker = Object.freeze({
  specVersion: 1,
  id: "whole-document@1",
  chunk: (text: string) => [{ text, start: 0, end: text.length }],
});

/** A document's redacted text. */
export interface Content {
  readonly text: string;
  readonly hash: string;
  readonly findings: Counts;
}

/** A chunk that is to be stored. */
interface PreparedChunk {
  readonly text: string;
  readonly hash: string;
  readonly start?: number;
  readonly end?: number;
}

/** A source's document on its way: nothing raw leaves it. */
export interface PreparedDocument {
  readonly id: string;
  readonly version: string | undefined;
  readonly metadata: Metadata | undefined;
  /** Digest of its metadata, where it has any. */
  metadataHash(): string | undefined;
  readonly metadataFindings: Counts;
  readonly subjects: readonly string[];
  readonly ttlMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  /** Reads and redacts the text, once. */
  content(): Promise<Content>;
  /** Cuts the text, once. Blank chunks are left out. */
  chunks(): Promise<readonly PreparedChunk[]>;
  /** How many UTF-16 code units of text it holds in memory by now. */
  held(): number;
}

export async function prepareDocument(
  context: IndexContext,
  document: SourceDocument,
  signal: AbortSignal | undefined,
): Promise<PreparedDocument> {
  const { id, version, subjects, ttlMs, expiresAtMs } = document;
  const call = { context, documentId: id, signal };
  const metadata = document.metadata && (await redactMetadata(call, document.metadata));
  let metadataHash: string | undefined;
  let content: Content | undefined;
  let chunks: readonly PreparedChunk[] | undefined;

  const readContent = async (): Promise<Content> => {
    if (content !== undefined) return content;
    const raw = typeof document.text === "function" ? await document.text({ signal }) : document.text;
    if (typeof raw !== "string") throw invalid(`the text of ${id}`, "not a string");
    const { value: text, findings } = await redactText(call, toWellFormed(raw));
    content = { text, hash: digest(text), findings };
    return content;
  };
  return {
    id,
    version: version === undefined ? undefined : digest(version),
    metadata: metadata?.value,
    metadataHash: () => {
      metadataHash ??= metadata && digest(canonical(metadata.value));
      return metadataHash;
    },
    metadataFindings: metadata?.findings ?? {},
    subjects: subjects === undefined ? [] : [...new Set(subjects)].map((subject) => digest(subject)).sort(),
    ttlMs,
    expiresAtMs,
    content: readContent,
    chunks: async () => {
      chunks ??= await cut(context.chunker, id, await readContent());
      return chunks;
    },
    held: () => content?.text.length ?? 0,
  };
}

async function cut(chunker: Chunker, documentId: string, content: Content): Promise<PreparedChunk[]> {
  let found: readonly Chunk[];
  try {
    found = await chunker.chunk(content.text);
  } catch {
    throw chunkingFailed(documentId, "the chunker threw");
  }
  if (!Array.isArray(found) || found.some((chunk) => typeof chunk?.text !== "string"))
    throw chunkingFailed(documentId, "the chunker gave something else than chunks");
  return found
    .filter(({ text }) => text.trim() !== "")
    .map(({ text, start, end }) => ({
      text,
      hash: text === content.text ? content.hash : digest(text),
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
    }));
}

function chunkingFailed(documentId: string, reason: string): KeelsonError<"CHUNKING_FAILED"> {
  return new KeelsonError("CHUNKING_FAILED", `the document ${documentId} could not be cut: ${reason}`, {
    details: { documentId, reason },
  });
}

/** A lone surrogate has no UTF-8: it would come back from a file as another character. */
function toWellFormed(text: string): string {
  // In every runtime from Node 20 on, but in TypeScript's library only from ES2024 on.
  return (text as unknown as { toWellFormed(): string }).toWellFormed();
}
