import type { IndexContext } from "./context.ts";
import type { Generation } from "./head.ts";
import { jsonEquals } from "./json-equals.ts";
import { isExpired, type LedgerChunk, type LedgerEntry, type StoredEntry } from "./ledger.ts";
import type { Content, PreparedDocument } from "./prepare.ts";

/**
 * Why the index does not say of a document what its source says:
 *
 * - `new`: the index does not have it;
 * - `expired`: the index hides it, and its source gives it a time yet to come;
 * - `redactor`, `chunker`, `embedder`: it was written by another one;
 * - `text`, `metadata`, `version`, `expiry`, `subjects`: this differs;
 * - `missing-vectors`: the vector store has lost some of it. Only looked for when asked.
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

/** A chunk's place in the document-to-be: its text is known by its hash. */
export type ChunkPlan = Omit<LedgerChunk, "id">;

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
}

/** Compares a document with the ledger, reading its text only where that can matter. */
export async function diffDocument(
  context: IndexContext,
  document: PreparedDocument,
  before: StoredEntry | undefined,
  { generation, nowMs, renewTtl }: DiffOptions,
): Promise<Draft> {
  const entry = before?.entry;
  const redactor = context.redactor.id;
  const chunker = context.chunker.id;
  const samePipeline = entry?.redactor === redactor && entry.chunker === chunker;
  const known = samePipeline && document.version !== undefined && document.version === entry.version;
  const content = known ? undefined : await document.content();
  const textChanged = content !== undefined && content.hash !== entry?.text;
  const recut = entry === undefined || textChanged || entry.chunker !== chunker;
  const chunks = recut ? (await document.chunks()).map(({ text: _, ...plan }) => plan) : entry.chunks;
  const expiry = nextExpiry(document, entry, nowMs, renewTtl || textChanged);
  if (entry === undefined) {
    const facts = factsOf(context, document, content, undefined, expiry);
    return { document, before, reasons: ["new"], outcome: "added", chunks, facts };
  }

  const reasons: StaleReason[] = [];
  const note = (reason: StaleReason, holds: boolean): unknown => holds && reasons.push(reason);
  note("expired", isExpired(entry, nowMs) && (expiry.expiresAtMs ?? Number.POSITIVE_INFINITY) > nowMs);
  note("redactor", entry.redactor !== redactor);
  note("chunker", entry.chunker !== chunker);
  note("embedder", generation.embedder !== context.embedder.id);
  note("text", textChanged);
  note("metadata", !jsonEquals(entry.metadata, document.metadata));
  note("version", entry.version !== document.version);
  note("expiry", entry.expiresAtMs !== expiry.expiresAtMs || entry.ttlMs !== expiry.ttlMs);
  note("subjects", !jsonEquals(entry.subjects ?? [], document.subjects));
  if (reasons.length === 0) return { document, before, reasons, outcome: "unchanged", chunks, facts: entry };

  const outcome = outcomeOf(reasons, !recut || sameChunks(chunks, entry.chunks));
  return {
    document,
    before,
    reasons,
    outcome,
    chunks,
    facts: factsOf(context, document, content, entry, expiry),
  };
}

function factsOf(
  { redactor, chunker }: IndexContext,
  document: PreparedDocument,
  content: Content | undefined,
  entry: LedgerEntry | undefined,
  expiry: Pick<LedgerEntry, "expiresAtMs" | "ttlMs">,
): Omit<LedgerEntry, "chunks"> {
  const { version, metadata, subjects, metadataFindings } = document;
  const metadataHash = document.metadataHash();
  const findings = content?.findings ?? entry?.findings;
  return {
    text: content?.hash ?? (entry as LedgerEntry).text,
    ...(version !== undefined && { version }),
    ...(metadata !== undefined && { metadata }),
    ...(metadataHash !== undefined && { metadataHash }),
    ...expiry,
    ...(subjects.length > 0 && { subjects }),
    ...(findings !== undefined && hasAny(findings) && { findings }),
    ...(hasAny(metadataFindings) && { metadataFindings }),
    redactor: redactor.id,
    chunker: chunker.id,
  };
}

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

function nextExpiry(
  { ttlMs, expiresAtMs }: PreparedDocument,
  entry: LedgerEntry | undefined,
  nowMs: number,
  restart: boolean,
): Pick<LedgerEntry, "expiresAtMs" | "ttlMs"> {
  if (expiresAtMs !== undefined) return { expiresAtMs };
  if (ttlMs === undefined) return {};
  const running = entry !== undefined && entry.ttlMs === ttlMs && !isExpired(entry, nowMs);
  if (running && !restart && entry.expiresAtMs !== undefined)
    return { expiresAtMs: entry.expiresAtMs, ttlMs };
  return { expiresAtMs: Math.min(Math.floor(nowMs) + ttlMs, Number.MAX_SAFE_INTEGER), ttlMs };
}

function hasAny(counts: object): boolean {
  return Object.keys(counts).length > 0;
}
