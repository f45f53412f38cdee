import {
  type AbortOptions,
  type AnyIterable,
  type Awaitable,
  argumentInvalid,
  assertId,
  assertJson,
  assertObject,
  assertUniqueIds,
  isKeelsonError,
  KeelsonError,
  type Metadata,
} from "@keelson/core";
import { abortableSource } from "./abortable-source.ts";
import type { Breather } from "./breather.ts";
import type { IndexContext } from "./context.ts";
import { createIdSet, type IdSet } from "./id-set.ts";
import type { MaybePromise } from "./maybe-promise.ts";
import { assertNoReservedField, slices } from "./records.ts";
import { assertCleanId, redactText, trustsIds } from "./redact.ts";

/** One document as its source has it: all that the index shall know of it. What is left out here is not kept. */
export interface SourceDocument {
  /** 1 to 1,024 UTF-16 code units of well-formed Unicode, unique in the index. No character is special. */
  readonly id: string;
  /** Its raw text, or what reads it. It is read only when it has to be, and redacted before anything else. */
  readonly text: string | ((options: AbortOptions) => Awaitable<string>);
  /** Changes whenever the text does: an etag, a commit, a modification time. While it is equal, the text is not read. */
  readonly version?: string | undefined;
  /** What queries can filter by and matches return. Strings in it are redacted, however deep. */
  readonly metadata?: Metadata | undefined;
  /**
   * Milliseconds until the document expires, a whole number of at least 0. They count from the `upsert`, or from the
   * `reindex` that adds it or changes its text: a `reindex` that changes nothing prolongs nothing.
   */
  readonly ttlMs?: number | undefined;
  /** When it expires, in epoch milliseconds: from that instant on it is never returned. Not together with `ttlMs`. */
  readonly expiresAtMs?: number | undefined;
  /** Whom it is about. Only digests are stored. */
  readonly subjects?: readonly string[] | undefined;
}

/** Documents, one after the other. They are read once, in order, and never held all at once. */
export type DocumentSource = AnyIterable<SourceDocument>;

/** How many documents of a source are looked at together. */
export const BATCH_DOCUMENTS = 256;

/** How a source is read. */
export interface ReadingOptions {
  /** Takes up the ids, so that one that stands twice is noticed. Default: a set of its own. */
  readonly seen?: IdSet | undefined;
  readonly breather: Breather;
  readonly signal: AbortSignal | undefined;
}

/**
 * Checks a source's documents and gives them in batches.
 *
 * A list is checked whole before the first batch, so that a fault in it stops the call before anything is written; of
 * a stream, everything before the batch with the fault stands.
 */
export async function* batchesOf(
  context: IndexContext,
  source: DocumentSource,
  { seen = createIdSet(context.holder), breather, signal }: ReadingOptions,
): AsyncGenerator<readonly SourceDocument[]> {
  const trusted = trustsIds(context);
  const note = ({ id }: SourceDocument): void => {
    if (seen.add(id)) return;
    throw new KeelsonError("ID_DUPLICATE", `the document ${id} stands twice in the source`, {
      details: { id },
    });
  };
  const check = (document: SourceDocument): MaybePromise<void> => {
    signal?.throwIfAborted();
    try {
      checkDocument(document);
    } catch (error) {
      return refuse(context, error, signal);
    }
    // Before the next error, which names the id.
    return trusted ? note(document) : assertCleanId(context, document.id, signal).then(() => note(document));
  };
  if (Array.isArray(source)) {
    for (const batch of slices(source as readonly SourceDocument[], BATCH_DOCUMENTS)) {
      await breather.breathe(signal);
      for (const document of batch) {
        const checked = check(document);
        if (checked instanceof Promise) await checked;
      }
    }
    for (const batch of slices(source as readonly SourceDocument[], BATCH_DOCUMENTS)) {
      signal?.throwIfAborted();
      yield batch;
    }
    return;
  }
  assertSource(source);
  let batch: SourceDocument[] = [];
  if (Symbol.asyncIterator in source) {
    for await (const document of abortableSource(source, signal)) {
      await check(document);
      if (batch.push(document) < BATCH_DOCUMENTS) continue;
      yield batch;
      batch = [];
    }
  } else {
    // The same without a turn of the event loop for each document: they are at hand.
    for (const document of source) {
      const checked = check(document);
      if (checked instanceof Promise) await checked;
      if (batch.push(document) < BATCH_DOCUMENTS) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Refuses what cannot be a document, without looking at its text, nor repeating what its redactor would replace. */
export async function assertDocument(
  context: IndexContext,
  document: SourceDocument,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    checkDocument(document);
  } catch (error) {
    await refuse(context, error, signal);
  }
  await assertCleanId(context, document.id, signal);
}

/** The path to what is no JSON consists of names of metadata fields, which are redacted where they are stored. */
async function refuse(
  context: IndexContext,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<never> {
  if (!isKeelsonError(error, "VALUE_INVALID")) throw error;
  const { path, reason } = error.details;
  const call = { context, documentId: undefined, signal };
  const safe: (string | number)[] = [];
  for (const part of path) safe.push(typeof part === "string" ? (await redactText(call, part)).value : part);
  throw new KeelsonError("VALUE_INVALID", error.message, { details: { path: safe, reason } });
}

function checkDocument(document: SourceDocument): void {
  assertObject(document, "document");
  const { id, text, version, metadata, ttlMs, expiresAtMs, subjects } = document;
  assertId(id);
  if (typeof text !== "string" && typeof text !== "function")
    throw invalid("text", "neither a string nor a function");
  if (version !== undefined && typeof version !== "string") throw invalid("version", "not a string");
  if (metadata !== undefined) {
    assertJson(metadata);
    if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata))
      throw invalid("metadata", "not a JSON object");
    assertNoReservedField(metadata);
  }
  if (ttlMs !== undefined && !isTime(ttlMs)) throw invalid("ttlMs", "not a whole number of at least 0");
  if (expiresAtMs !== undefined && !isTime(expiresAtMs))
    throw invalid("expiresAtMs", "not a whole number of at least 0");
  if (ttlMs !== undefined && expiresAtMs !== undefined)
    throw invalid("ttlMs", "given together with expiresAtMs");
  if (
    subjects !== undefined &&
    (!Array.isArray(subjects) || !subjects.every((each) => typeof each === "string"))
  )
    throw invalid("subjects", "not a list of strings");
}

/** Refuses what is no list of ids. A string is iterable too: its letters are no ids. */
export function assertIds(ids: unknown): void {
  if (!Array.isArray(ids)) throw invalid("ids", "not a list");
  assertUniqueIds(ids);
}

/** Is it a time in whole milliseconds? */
export function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Refuses what no documents can be read from. */
export function assertSource(source: unknown): asserts source is DocumentSource {
  const isObject = typeof source === "object" && source !== null;
  if (!isObject || !(Symbol.asyncIterator in source || Symbol.iterator in source))
    throw invalid("source", "not an iterable of documents");
}

export function invalid(argument: string, reason: string): KeelsonError<"ARGUMENT_INVALID"> {
  return argumentInvalid(argument, `is ${reason}`);
}
