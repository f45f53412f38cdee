import type { VectorRecord } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { digest } from "./digest.ts";
import type { LedgerEntry } from "./ledger.ts";
import { cut } from "./prepare.ts";
import { addCounts, redactMetadata, redactText } from "./redact.ts";

/** A pipeline to rebuild by. What is left out stays as it is, document by document. */
export interface TargetPipeline {
  readonly chunker: boolean;
  readonly redactor: boolean;
}

/** A chunk made of what is stored; its vector is known where nothing of it has changed. */
interface RemadeChunk {
  readonly text: string;
  readonly hash: string;
  readonly start?: number;
  readonly end?: number;
}

export interface RemadeDocument {
  readonly facts: Omit<LedgerEntry, "chunks">;
  readonly chunks: readonly RemadeChunk[];
}

/**
 * Makes a document anew from its stored chunks, by the chunker and redactor of the context. Where the chunks make up
 * the whole text, which the ledger's digest proves, it is cut anew. Where they do not, it keeps its cutting, and stays
 * stale for the next sync with the source.
 */
export async function remakeDocument(
  context: IndexContext,
  documentId: string,
  entry: LedgerEntry,
  recordOf: (id: string) => VectorRecord | undefined,
  target: TargetPipeline,
  signal: AbortSignal | undefined,
): Promise<RemadeDocument> {
  const { chunks: stored, ...facts } = entry;
  const known = stored.flatMap(({ id, ...chunk }): RemadeChunk[] => {
    const text = recordOf(id)?.text;
    return text === undefined ? [] : [{ ...chunk, text }];
  });
  const { version: _, ...unversioned } = facts;
  // No text has this hash, so the source's will be read again.
  const unknownText = { ...unversioned, text: "" };
  const whole = known.length === stored.length ? wholeText(entry, known) : undefined;
  const redacts = target.redactor && entry.redactor !== context.redactor.id;
  const cuts = target.chunker && entry.chunker !== context.chunker.id;

  if (!redacts) {
    if (known.length < stored.length) return { facts: unknownText, chunks: known };
    if (!cuts || whole === undefined) return { facts, chunks: known };
    const content = { text: whole, hash: entry.text, findings: {} };
    const chunks = await cut(context.chunker, documentId, content, signal);
    return { facts: { ...facts, chunker: context.chunker.id }, chunks };
  }

  const call = { context, documentId, signal };
  const findings: Record<string, number> = { ...entry.findings };
  const metadata = entry.metadata && (await redactMetadata(call, entry.metadata));
  const metadataFindings: Record<string, number> = { ...entry.metadataFindings };
  addCounts(metadataFindings, metadata?.findings ?? {});
  const redacted = async (text: string): Promise<string> => {
    const { value, findings: found } = await redactText(call, text);
    addCounts(findings, found);
    return value;
  };
  const chunker = cuts ? context.chunker : undefined;
  let text = "";
  let chunks: readonly RemadeChunk[] = [];
  if (whole !== undefined && (chunker !== undefined || known.length === 1)) {
    const value = await redacted(whole);
    text = digest(value);
    if (chunker !== undefined)
      chunks = await cut(chunker, documentId, { text: value, hash: text, findings }, signal);
    else chunks = value.trim() === "" ? [] : [{ text: value, hash: text, start: 0, end: value.length }];
  } else {
    // Offsets are lost: they were of the text as it was.
    for (const chunk of known) {
      const value = await redacted(chunk.text);
      if (value.trim() !== "") chunks = [...chunks, { text: value, hash: digest(value) }];
    }
  }
  const base = text === "" ? unknownText : { ...facts, text };
  return {
    facts: {
      ...base,
      redactor: context.redactor.id,
      ...(text !== "" && chunker !== undefined && { chunker: chunker.id }),
      ...(metadata !== undefined && { metadata: metadata.value }),
      ...(Object.keys(findings).length > 0 && { findings }),
      ...(Object.keys(metadataFindings).length > 0 && { metadataFindings }),
    },
    chunks,
  };
}

/** The document's text, where its chunks hold all of it. */
function wholeText(entry: LedgerEntry, chunks: readonly RemadeChunk[]): string | undefined {
  let text = "";
  for (const { text: part, start = text.length } of chunks) {
    if (start > text.length) return undefined;
    text += part.slice(text.length - start);
  }
  return digest(text) === entry.text ? text : undefined;
}
