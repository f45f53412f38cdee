import { type Chunk, type Chunker, KeelsonError, type Metadata, orAbort } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { digest } from "./digest.ts";
import { invalid, type SourceDocument } from "./documents.ts";
import { type Counts, type Span, withSpan } from "./ledger.ts";
import { chain, type MaybePromise, toMaybePromise } from "./maybe-promise.ts";
import { addCounts, noRedaction, type Redacted, redactMetadata, redactText } from "./redact.ts";

const NO_FINDINGS: Counts = Object.freeze({});
const NO_SUBJECTS: readonly string[] = Object.freeze([]);
const NO_CHUNKS = "the chunker gave something else than chunks";

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
export interface PreparedChunk extends Span {
  readonly text: string;
  readonly hash: string;
}

/** What a source says of a document beside its text, as the ledger keeps it. */
export interface Particulars {
  /** Digest of its version. */
  readonly version: string | undefined;
  readonly metadata: Metadata | undefined;
  /** Digests, sorted, each once. */
  readonly subjects: readonly string[];
}

/** A source's document on its way: nothing raw leaves it. */
export interface PreparedDocument extends Particulars {
  readonly id: string;
  readonly metadataFindings: Counts;
  readonly ttlMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  /** Reads and redacts the text, once. */
  content(): MaybePromise<Content>;
  /** Cuts the text, once. Blank chunks are left out. */
  chunks(): MaybePromise<readonly PreparedChunk[]>;
  /** How many UTF-16 code units of text it holds in memory by now. */
  held(): number;
  /** How many things redaction replaced in what has been read of it, by type. */
  addFindings(sums: Record<string, number>): void;
}

/** The particulars of a document whose metadata is redacted. */
export function particularsOf({ version, metadata, subjects }: SourceDocument): Particulars {
  return {
    version: version === undefined ? undefined : digest(version),
    metadata,
    subjects:
      subjects === undefined ? NO_SUBJECTS : [...new Set(subjects)].map((subject) => digest(subject)).sort(),
  };
}

export function prepareDocument(
  context: IndexContext,
  document: SourceDocument,
  signal: AbortSignal | undefined,
): MaybePromise<PreparedDocument> {
  const { id, metadata } = document;
  if (metadata === undefined || context.redactor === noRedaction)
    return new Preparation(context, document, metadata, NO_FINDINGS, signal);
  return redactMetadata({ context, documentId: id, signal }, metadata).then(
    ({ value, findings }) => new Preparation(context, document, value, findings, signal),
  );
}

// A class, since the engine allots the literals that outlive a young generation in the old one from then on: what a first
// sync holds while it embeds would make every later sync fill the old generation.
class Preparation implements PreparedDocument {
  readonly id: string;
  readonly version: string | undefined;
  readonly metadata: Metadata | undefined;
  readonly metadataFindings: Counts;
  readonly subjects: readonly string[];
  readonly ttlMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly #context: IndexContext;
  readonly #text: SourceDocument["text"];
  readonly #signal: AbortSignal | undefined;
  #content: Content | undefined = undefined;
  #chunks: readonly PreparedChunk[] | undefined = undefined;

  constructor(
    context: IndexContext,
    document: SourceDocument,
    metadata: Metadata | undefined,
    metadataFindings: Counts,
    signal: AbortSignal | undefined,
  ) {
    const { id, text, ttlMs, expiresAtMs } = document;
    const { version, subjects } = particularsOf(document);
    this.id = id;
    this.version = version;
    this.metadata = metadata;
    this.metadataFindings = metadataFindings;
    this.subjects = subjects;
    this.ttlMs = ttlMs;
    this.expiresAtMs = expiresAtMs;
    this.#context = context;
    this.#text = text;
    this.#signal = signal;
  }

  content(): MaybePromise<Content> {
    if (this.#content !== undefined) return this.#content;
    const text = this.#text;
    if (typeof text === "string") return this.#take(text);
    const read = toMaybePromise(text({ signal: this.#signal }));
    return chain(read instanceof Promise ? orAbort(read, this.#signal) : read, (raw) => this.#take(raw));
  }

  #take(raw: string): MaybePromise<Content> {
    if (typeof raw !== "string") throw invalid(`the text of ${this.id}`, "not a string");
    const call = { context: this.#context, documentId: this.id, signal: this.#signal };
    // A lone surrogate has no UTF-8: it would come back from a file as another character.
    const redacted = redactText(call, raw.toWellFormed());
    return redacted instanceof Promise ? redacted.then((each) => this.#keep(each)) : this.#keep(redacted);
  }

  #keep({ value: text, findings }: Redacted<string>): Content {
    this.#content = { text, hash: digest(text), findings };
    return this.#content;
  }

  chunks(): MaybePromise<readonly PreparedChunk[]> {
    if (this.#chunks !== undefined) return this.#chunks;
    const content = this.content();
    return content instanceof Promise ? content.then((each) => this.#cut(each)) : this.#cut(content);
  }

  #cut(content: Content): MaybePromise<readonly PreparedChunk[]> {
    const chunks = cut(this.#context.chunker, this.id, content, this.#signal);
    if (chunks instanceof Promise) return chunks.then((found) => (this.#chunks = found));
    this.#chunks = chunks;
    return chunks;
  }

  held(): number {
    return this.#content?.text.length ?? 0;
  }

  addFindings(sums: Record<string, number>): void {
    addCounts(sums, this.metadataFindings);
    if (this.#content !== undefined) addCounts(sums, this.#content.findings);
  }
}

/** Cuts a text into chunks that are not blank. An answer that is to come is waited for until the signal is aborted. */
export function cut(
  chunker: Chunker,
  documentId: string,
  content: Content,
  signal: AbortSignal | undefined,
): MaybePromise<PreparedChunk[]> {
  let answer: MaybePromise<readonly Chunk[]>;
  try {
    answer = toMaybePromise(chunker.chunk(content.text));
  } catch {
    throw chunkingFailed(documentId, "the chunker threw");
  }
  if (!(answer instanceof Promise)) return chunksOf(answer, documentId, content);
  return orAbort(answer, signal).then(
    (found) => chunksOf(found, documentId, content),
    () => {
      signal?.throwIfAborted();
      throw chunkingFailed(documentId, "the chunker threw");
    },
  );
}

function chunksOf(found: readonly Chunk[], documentId: string, content: Content): PreparedChunk[] {
  if (!Array.isArray(found)) throw chunkingFailed(documentId, NO_CHUNKS);
  const chunks: PreparedChunk[] = [];
  for (const chunk of found as readonly Chunk[]) {
    if (!isChunk(chunk)) throw chunkingFailed(documentId, NO_CHUNKS);
    const { text } = chunk;
    if (text.trim() === "") continue;
    chunks.push(withSpan({ text, hash: text === content.text ? content.hash : digest(text) }, chunk));
  }
  return chunks;
}

function isChunk(chunk: Chunk | undefined): boolean {
  return typeof chunk?.text === "string" && isOffset(chunk.start) && isOffset(chunk.end);
}

function isOffset(offset: number | undefined): boolean {
  return offset === undefined || (Number.isSafeInteger(offset) && offset >= 0);
}

function chunkingFailed(documentId: string, reason: string): KeelsonError<"CHUNKING_FAILED"> {
  return new KeelsonError("CHUNKING_FAILED", `the document ${documentId} could not be cut: ${reason}`, {
    details: { documentId, reason },
  });
}
