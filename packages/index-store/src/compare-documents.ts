import { KeelsonError } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { type DiffOptions, type Draft, diffDocument, isSurelyUnchanged } from "./diff.ts";
import type { SourceDocument } from "./documents.ts";
import { erasedSince } from "./erase/tombstones.ts";
import { forGeneration, type StoredHead } from "./head.ts";
import type { StoredEntry } from "./ledger.ts";
import { chain, type MaybePromise } from "./maybe-promise.ts";
import { type PreparedDocument, prepareDocument } from "./prepare.ts";
import { readLedger } from "./read-ledger.ts";
import { isDocumentFault, type WriteSums } from "./write-result.ts";

export interface CompareOptions {
  /** Does a time to live count from now, even if nothing else changed? */
  readonly renewTtl: boolean;
  /** What is to be done with documents that are as the ledger has them: look for their vectors, or nothing. */
  readonly checkVectors: boolean;
  /** Throws to refuse what a document has come to be. */
  readonly check?: ((draft: Draft) => void) | undefined;
  readonly sums: WriteSums;
  readonly signal: AbortSignal | undefined;
}

/** A document that has something to be written. */
export interface Change {
  readonly source: SourceDocument;
  readonly draft: Draft;
}

/** Documents as they stand beside the ledger of one moment. */
export interface Comparison {
  /** The index, with the embedder of the generation. */
  readonly writer: IndexContext;
  readonly head: StoredHead;
  readonly diff: DiffOptions;
  readonly changes: readonly Change[];
  /** The documents that can't be written. They have been counted, like those that did not change. */
  readonly failed: readonly string[];
  /** How many of the documents, from the front, were compared. */
  readonly compared: number;
  /** How many UTF-16 code units of text the changes hold in memory. */
  readonly held: number;
}

/** How many erasures there had been when a call first looked: what a later one erased is not written. */
export interface Beginning {
  erasures: number | undefined;
}

const NONE: ReadonlySet<string> = new Set();

/**
 * Compares documents with the ledger, from the front of the list, until the changes hold `room` UTF-16 code units.
 *
 * @param prepared The documents as an earlier comparison has prepared them: each is prepared once.
 */
export async function compareDocuments(
  context: IndexContext,
  documents: readonly SourceDocument[],
  prepared: readonly PreparedDocument[],
  room: number,
  began: Beginning,
  options: CompareOptions,
): Promise<Comparison> {
  const { renewTtl, checkVectors, check, sums, signal } = options;
  const ids = documents.map(({ id }) => id);
  const { head, entries } = await readLedger(context, ids, signal);
  const diff: DiffOptions = { generation: head.head.live, nowMs: context.clock.now(), renewTtl };
  // Refuses an index that no embedder of this handle can write to, whether or not there is anything to embed.
  const writer = forGeneration(context, diff.generation);
  const { erasures = 0 } = head.head;
  began.erasures ??= erasures;
  const late = erasures === began.erasures ? NONE : await erasedSince(context, documents, began.erasures);

  const quick = !checkVectors && check === undefined && late.size === 0;
  const changes: Change[] = [];
  const failed: string[] = [];
  let compared = 0;
  let unchanged = 0;
  let held = 0;
  const fail = (id: string, error: KeelsonError): void => {
    sums.fail({ id, error }, entries[compared] !== undefined);
    failed.push(id);
  };
  for (; compared < documents.length && held < room; compared++) {
    if (quick) {
      const count = countUnchanged(context, documents, entries, compared, diff);
      unchanged += count;
      compared += count;
      if (compared === documents.length) break;
    }
    const source = documents[compared] as SourceDocument;
    if (late.has(source.id)) {
      fail(source.id, documentErased(source.id));
      continue;
    }
    try {
      const drafting = draftOf(context, source, prepared[compared], entries[compared], diff, signal);
      const draft = drafting instanceof Promise ? await drafting : drafting;
      check?.(draft);
      if (draft.outcome === "unchanged" && !checkVectors) {
        unchanged++;
        draft.document.addFindings(sums.findings);
      } else {
        changes.push({ source, draft });
        held += heldBy(source, draft);
      }
    } catch (error) {
      if (!isDocumentFault(error)) throw error;
      fail(source.id, error);
    }
  }
  sums.count("unchanged", unchanged);
  return { writer, head, diff, changes, failed, compared, held };
}

// By itself: what the engine compiles for the loop that is nearly all of a sync is small then.
/** How many documents, from a place on, are as the ledger has them and need not be looked at more closely. */
function countUnchanged(
  context: IndexContext,
  documents: readonly SourceDocument[],
  entries: readonly (StoredEntry | undefined)[],
  start: number,
  diff: DiffOptions,
): number {
  let place = start;
  for (; place < documents.length; place++) {
    const stored = entries[place];
    if (stored === undefined) break;
    if (!isSurelyUnchanged(context, documents[place] as SourceDocument, stored.entry, diff)) break;
  }
  return place - start;
}

function draftOf(
  context: IndexContext,
  source: SourceDocument,
  prepared: PreparedDocument | undefined,
  stored: StoredEntry | undefined,
  diff: DiffOptions,
  signal: AbortSignal | undefined,
): MaybePromise<Draft> {
  return chain(prepared ?? prepareDocument(context, source, signal), (document) =>
    diffDocument(context, document, stored, diff),
  );
}

/** How many UTF-16 code units of text a change holds in memory. */
function heldBy({ text }: SourceDocument, { document }: Draft): number {
  return Math.max(document.held(), typeof text === "string" ? text.length : 0);
}

function documentErased(documentId: string): KeelsonError<"DOCUMENT_ERASED"> {
  return new KeelsonError("DOCUMENT_ERASED", `the document ${documentId} was erased after the write began`, {
    details: { documentId },
  });
}
