import {
  assertTopK,
  assertVector,
  compileFilter,
  type Filter,
  isKeelsonError,
  type Metadata,
  type VectorMatch,
} from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { invalid } from "./documents.ts";
import { embedQuery } from "./embed.ts";
import { generationNotFound } from "./generations.ts";
import {
  assertMadeBy,
  forGeneration,
  type Generation,
  type Head,
  readHead,
  wholeGenerations,
} from "./head.ts";
import { isExpired, type LedgerEntry, type StoredEntry } from "./ledger.ts";
import { readLedger } from "./read-ledger.ts";
import { documentOf } from "./records.ts";
import { redactText } from "./redact.ts";

/** What {@link Index.query} takes beside text or vector. */
export interface IndexQueryOptions {
  /** How many matches to return at the most, at least 1. Default 10. */
  readonly topK?: number | undefined;
  /** Only chunks of documents whose metadata the filter accepts. It is part of the search, not of what comes after. */
  readonly filter?: Filter | undefined;
  /**
   * Ask this generation instead of the live one, as long as it is kept: to compare what is to come with what is.
   */
  readonly generation?: number | undefined;
  /** The id of the embedder that made the vector, where one is given. Default: the one that this handle writes with. */
  readonly embedder?: string | undefined;
  /** Ends the call early; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/** One chunk that a query found. */
export interface IndexMatch {
  /** The document's id. */
  readonly id: string;
  /** The chunk's id, which lasts until its text or the document's metadata changes. */
  readonly chunkId: string;
  /** Closeness by the index's metric; higher is always closer. */
  readonly score: number;
  /** The chunk's redacted text. */
  readonly text: string;
  /** Where the chunk starts in the document's redacted text, in UTF-16 code units, where the chunker said. */
  readonly start?: number | undefined;
  /** Where it ends, exclusive. */
  readonly end?: number | undefined;
  /** The document's redacted metadata. */
  readonly metadata?: Metadata | undefined;
}

const MOST_ROUNDS = 32;

export async function queryIndex(
  context: IndexContext,
  query: string | Float32Array,
  { topK = 10, filter, generation, embedder: madeBy = context.embedder.id, signal }: IndexQueryOptions,
): Promise<IndexMatch[]> {
  signal?.throwIfAborted();
  assertTopK(topK);
  const accepts = compileFilter(filter);
  const choose = (head: Head): Generation => {
    if (generation === undefined) return head.live;
    const found = wholeGenerations(head).find(({ number }) => number === generation);
    if (found === undefined) throw generationNotFound(context, generation);
    return found;
  };
  let asks = choose((await readHead(context, signal)).head);
  const vectorFor = async (asked: Generation): Promise<Float32Array | undefined> => {
    if (typeof query !== "string") assertMadeBy(context, asked, madeBy);
    return await toVector(forGeneration(context, asked), query, 1, signal);
  };
  let vector = await vectorFor(asks);
  if (vector === undefined) return [];

  const { filters, maxTopK = Number.MAX_SAFE_INTEGER } = context.vectors.capabilities;
  let asked = Math.min(topK, maxTopK);
  // Documents that the store showed other records of than the ledger lists, as of which revision.
  const seen = new Map<string, number>();
  for (let round = 1; ; round++) {
    const found = await search(context, asks, vector, {
      topK: asked,
      filter: filters ? filter : undefined,
      signal,
    });
    const ids = [...new Set(found?.flatMap((match) => documentOf(match) ?? []))];
    const ledger = await readLedger(context, ids, signal, choose);
    if (ledger.generation.number !== asks.number || found === undefined) {
      const { embedder } = asks;
      asks = ledger.generation;
      // Never a vector of one space in another.
      if (asks.embedder !== embedder) vector = await vectorFor(asks);
      if (vector === undefined) return [];
      seen.clear();
      if (round < MOST_ROUNDS) continue;
    }
    const entries = new Map(ids.map((id, i) => [id, ledger.entries[i]]));
    const nowMs = context.clock.now();
    const matches: Ranked[] = [];
    let raced = false;
    for (const match of found ?? []) {
      const id = documentOf(match) ?? "";
      const stored = entries.get(id);
      const chunk = stored?.entry.chunks.find((each) => each.id === match.id);
      if (stored === undefined) continue;
      if (chunk === undefined) {
        raced ||= seen.get(id) !== stored.revision;
        seen.set(id, stored.revision);
        continue;
      }
      if (isExpired(stored.entry, nowMs) || !accepts(stored.entry.metadata)) continue;
      matches.push({
        match: toMatch(id, match, stored, chunk),
        position: stored.entry.chunks.indexOf(chunk),
      });
    }
    // The document was replaced between the two reads: its new records were staged by then, so another search sees them.
    if (raced && round < MOST_ROUNDS) continue;
    const exhausted = found === undefined || found.length < asked || asked === maxTopK;
    if (matches.length >= topK || exhausted)
      return matches
        .sort(byRank)
        .slice(0, topK)
        .map(({ match }) => match);
    asked = Math.min(asked * 4, maxTopK);
  }
}

interface Ranked {
  readonly match: IndexMatch;
  readonly position: number;
}

function byRank(a: Ranked, b: Ranked): number {
  if (a.match.score !== b.match.score) return b.match.score - a.match.score;
  if (a.match.id !== b.match.id) return a.match.id < b.match.id ? -1 : 1;
  return a.position - b.position;
}

async function search(
  context: IndexContext,
  live: Generation,
  vector: Float32Array,
  options: { topK: number; filter: Filter | undefined; signal: AbortSignal | undefined },
): Promise<VectorMatch[] | undefined> {
  try {
    return await (await context.recordsOf(live, options.signal)).query(vector, options);
  } catch (error) {
    // Dropped, because two generations have come since: the head names another by now.
    if (isKeelsonError(error, "COLLECTION_NOT_FOUND")) return undefined;
    throw error;
  }
}

/** The vector of a query, by the context's embedder, in so many attempts; `undefined` for a blank text. */
export async function toVector(
  context: IndexContext,
  query: string | Float32Array,
  maxAttempts: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array | undefined> {
  if (typeof query !== "string") {
    if (Object.prototype.toString.call(query) !== "[object Float32Array]")
      throw invalid("the query", "neither a string nor a Float32Array");
    assertVector(query, context.embedder.dimension);
    return query;
  }
  const call = { context, documentId: undefined, signal };
  const text = context.redactQueries ? (await redactText(call, query)).value : query;
  // What has no text has no place in the space: blank documents are not in it either.
  if (text.trim() === "") return undefined;
  return await embedQuery(context, text, maxAttempts, signal);
}

function toMatch(
  id: string,
  match: VectorMatch,
  { entry }: StoredEntry,
  { start, end }: LedgerEntry["chunks"][number],
): IndexMatch {
  return {
    id,
    chunkId: match.id,
    score: match.score,
    text: match.text ?? "",
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(entry.metadata !== undefined && { metadata: entry.metadata }),
  };
}
