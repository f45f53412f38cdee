import type { IndexContext } from "./context.ts";
import { digest } from "./digest.ts";
import type { SourceDocument } from "./documents.ts";
import type { Generation } from "./head.ts";
import { jsonEquals } from "./json-equals.ts";
import { isExpired, type LedgerChunk, type LedgerEntry, type StoredEntry } from "./ledger.ts";
import { chain, type MaybePromise } from "./maybe-promise.ts";
import { type Content, type Particulars, type PreparedDocument, particularsOf } from "./prepare.ts";
import { noRedaction } from "./redact.ts";

/**
 * Why the index does not say of a document what its source says:
 *
 * - `new`: the index does not have it;
 * - `expired`: the index hides it, and its source gives it a time yet to come;
 * - `redactor`, `chunker`, `embedder`: it was written by another one;
 * - `text`, `metadata`, `version`, `expiry`, `subjects`: this differs;
 * - `missing-vectors`: the vector store has lost some of it. Only looked for when asked, by `reconcile` too.
 */
export type StaleReason =
  | "new"
  | "expired"
  | "redactor"
  | "chunker"
  | "embedder"
  | "text"
  | "metadata"
  | "version"
  | "expiry"
  | "subjects"
  | "missing-vectors";

/** What a write does to a document. */
export type Outcome = "added" | "changed" | "metadataOnly" | "touched" | "unchanged";

/** A chunk's place in the document-to-be. */
export interface ChunkPlan extends Omit<LedgerChunk, "id"> {
  /** Its text, where the document had to be cut; elsewhere it is known by its hash. */
  readonly text?: string | undefined;
}

/** A document compared with the ledger. */
export interface Draft {
  readonly document: PreparedDocument;
  readonly before: StoredEntry | undefined;
  readonly reasons: readonly StaleReason[];
  readonly outcome: Outcome;
  /** The chunks to be, in reading order. */
  readonly chunks: readonly ChunkPlan[];
  /** The entry to be, but for the chunks' records. */
  readonly facts: Omit<LedgerEntry, "chunks">;
}

export interface DiffOptions {
  readonly generation: Generation;
  readonly nowMs: number;
  /** Does a time to live count from now, even if nothing else changed? */
  readonly renewTtl: boolean;
  /** Read the text even if the version is equal. Default `false`. */
  readonly readText?: boolean | undefined;
}

/** Compares a document with the ledger, reading its text only where that can matter. */
export function diffDocument(
  context: IndexContext,
  document: PreparedDocument,
  before: StoredEntry | undefined,
  options: DiffOptions,
): MaybePromise<Draft> {
  const entry = before?.entry;
  const samePipeline = entry?.redactor === context.redactor.id && entry.chunker === context.chunker.id;
  const sameVersion = document.version !== undefined && document.version === entry?.version;
  const known = samePipeline && sameVersion && options.readText !== true;
  if (known) return compare(context, document, before, options, undefined, undefined);
  return chain(document.content(), (content) => {
    const recut = entry === undefined || content.hash !== entry.text || entry.chunker !== context.chunker.id;
    if (!recut) return compare(context, document, before, options, content, undefined);
    return chain(document.chunks(), (chunks) => compare(context, document, before, options, content, chunks));
  });
}

/**
 * Is a document as its entry says? So nearly all are, of most sources: where nothing is redacted and the text is at hand,
 * that can be seen without preparing them. Where it takes more to tell, the answer is `false`.
 */
export function isSurelyUnchanged(
  context: IndexContext,
  document: SourceDocument,
  entry: LedgerEntry,
  options: DiffOptions,
): boolean {
  if (context.redactor !== noRedaction) return false;
  const particulars = particularsOf(document);
  if (particulars.version !== entry.version) return false;
  let textHash = entry.text;
  if (particulars.version === undefined) {
    if (typeof document.text !== "string") return false;
    textHash = digest(document.text.toWellFormed());
  }
  const expiry = nextExpiry(document, entry, options.nowMs, options.renewTtl);
  return differences(context, particulars, textHash, expiry, entry, options).length === 0;
}

/** `recut` are the chunks, where they had to be made. */
function compare(
  context: IndexContext,
  document: PreparedDocument,
  before: StoredEntry | undefined,
  options: DiffOptions,
  content: Content | undefined,
  recut: readonly ChunkPlan[] | undefined,
): Draft {
  const entry = before?.entry;
  const textHash = content === undefined ? entry?.text : content.hash;
  const expiry = nextExpiry(document, entry, options.nowMs, options.renewTtl || textHash !== entry?.text);
  const chunks = recut ?? entry?.chunks ?? [];
  if (entry === undefined) {
    const facts = factsOf(context, document, content, undefined, expiry);
    return { document, before, reasons: ["new"], outcome: "added", chunks, facts };
  }
  const reasons = differences(context, document, textHash, expiry, entry, options);
  if (reasons.length === 0) return { document, before, reasons, outcome: "unchanged", chunks, facts: entry };

  const outcome = outcomeOf(reasons, recut === undefined || sameChunks(recut, entry.chunks));
  const facts = factsOf(context, document, content, entry, expiry);
  return { document, before, reasons, outcome, chunks, facts };
}

function differences(
  context: IndexContext,
  given: Particulars,
  textHash: string | undefined,
  expiry: Expiry,
  entry: LedgerEntry,
  { generation, nowMs }: DiffOptions,
): StaleReason[] {
  const reasons: StaleReason[] = [];
  if (isExpired(entry, nowMs) && (expiry.expiresAtMs ?? Number.POSITIVE_INFINITY) > nowMs)
    reasons.push("expired");
  if (entry.redactor !== context.redactor.id) reasons.push("redactor");
  if (entry.chunker !== context.chunker.id) reasons.push("chunker");
  if (!context.known.has(generation.embedder)) reasons.push("embedder");
  // No text has the empty hash: it stands where some of the text was lost together with its vectors.
  if (textHash !== entry.text) reasons.push(entry.text === "" ? "missing-vectors" : "text");
  if (!jsonEquals(entry.metadata, given.metadata)) reasons.push("metadata");
  if (entry.version !== given.version) reasons.push("version");
  if (entry.expiresAtMs !== expiry.expiresAtMs || entry.ttlMs !== expiry.ttlMs) reasons.push("expiry");
  if (!sameSubjects(entry.subjects, given.subjects)) reasons.push("subjects");
  return reasons;
}

function sameSubjects(stored: readonly string[] | undefined, given: readonly string[]): boolean {
  if (stored === undefined || stored.length === 0) return given.length === 0;
  return jsonEquals(stored, given);
}

function factsOf(
  { redactor, chunker }: IndexContext,
  document: PreparedDocument,
  content: Content | undefined,
  entry: LedgerEntry | undefined,
  expiry: Expiry,
): Omit<LedgerEntry, "chunks"> {
  const { version, metadata, subjects, metadataFindings } = document;
  const findings = content?.findings ?? entry?.findings;
  // Field by field: to spread what may not be there costs ten times as much, for every document that is written.
  // The chunks are to come: a property that is added to a copy costs ten times as much, too.
  const facts: Writable<LedgerEntry> = {
    text: content?.hash ?? (entry as LedgerEntry).text,
    redactor: redactor.id,
    chunker: chunker.id,
    chunks: NO_CHUNKS,
  };
  if (version !== undefined) facts.version = version;
  if (metadata !== undefined) facts.metadata = metadata;
  if (expiry.expiresAtMs !== undefined) facts.expiresAtMs = expiry.expiresAtMs;
  if (expiry.ttlMs !== undefined) facts.ttlMs = expiry.ttlMs;
  if (subjects.length > 0) facts.subjects = subjects;
  if (findings !== undefined && hasAny(findings)) facts.findings = findings;
  if (hasAny(metadataFindings)) facts.metadataFindings = metadataFindings;
  return facts;
}

const NO_CHUNKS: readonly LedgerChunk[] = [];

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

function sameChunks(chunks: readonly ChunkPlan[], old: readonly LedgerChunk[]): boolean {
  if (chunks.length !== old.length) return false;
  return chunks.every(({ hash, start, end }, i) => {
    const before = old[i];
    return before?.hash === hash && before.start === start && before.end === end;
  });
}

function outcomeOf(reasons: readonly StaleReason[], sameChunks: boolean): Outcome {
  if (reasons.includes("expired")) return "added";
  if (reasons.includes("text") || reasons.includes("embedder") || !sameChunks) return "changed";
  if (reasons.includes("metadata")) return "metadataOnly";
  return reasons.length > 0 ? "touched" : "unchanged";
}

type Expiry = Pick<LedgerEntry, "expiresAtMs" | "ttlMs">;

const NO_EXPIRY: Expiry = Object.freeze({});

function nextExpiry(
  { ttlMs, expiresAtMs }: Pick<SourceDocument, "ttlMs" | "expiresAtMs">,
  entry: LedgerEntry | undefined,
  nowMs: number,
  restart: boolean,
): Expiry {
  if (expiresAtMs !== undefined) return { expiresAtMs };
  if (ttlMs === undefined) return NO_EXPIRY;
  const running = entry !== undefined && entry.ttlMs === ttlMs && !isExpired(entry, nowMs);
  if (running && !restart)
    // A touch may have taken the end away.
    return entry.expiresAtMs === undefined ? { ttlMs } : { expiresAtMs: entry.expiresAtMs, ttlMs };
  return { expiresAtMs: Math.min(Math.floor(nowMs) + ttlMs, Number.MAX_SAFE_INTEGER), ttlMs };
}

function hasAny(counts: object): boolean {
  return Object.keys(counts).length > 0;
}
