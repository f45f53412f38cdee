import { assertId, assertObject } from "@keelson/core";
import type { Breather } from "./breather.ts";
import type { IndexContext } from "./context.ts";
import { diffDocument, type StaleReason } from "./diff.ts";
import { assertDocument, batchesOf, type DocumentSource, invalid, type SourceDocument } from "./documents.ts";
import { isExpired } from "./ledger.ts";
import { missingOf } from "./missing-vectors.ts";
import type { PlannedChange } from "./plan.ts";
import { planBatch } from "./plan-sync.ts";
import { prepareDocument } from "./prepare.ts";
import type { Progress } from "./progress.ts";
import { readLedger } from "./read-ledger.ts";

/** What {@link Index.explain} says of a document. */
export interface Explanation {
  readonly id: string;
  /** Does the ledger have it? */
  readonly indexed: boolean;
  /** Is it hidden, because its time has passed? */
  readonly expired: boolean;
  /** How many chunks the ledger lists. */
  readonly chunks: number;
  /** How many of them the vector store has lost. */
  readonly missingChunks: number;
  /** Why it is stale; empty when it is not. Without the source's document only what the index itself can know. */
  readonly reasons: readonly StaleReason[];
  /** What it was written by, where the ledger has it. */
  readonly writtenBy?:
    | { readonly redactor: string; readonly chunker: string; readonly embedder: string }
    | undefined;
  /** When it expires, in epoch milliseconds. */
  readonly expiresAtMs?: number | undefined;
  /**
   * What a sync would do with the source's document: add or change it, and embed so many chunks; `null` for nothing. It
   * is there when the document is given.
   */
  readonly planned?: Pick<PlannedChange, "action" | "chunks" | "tokens"> | null | undefined;
}

interface CheckOptions {
  readonly checkVectors: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Why `reindex` would write a document; empty when it would not. */
export async function reasonsOf(
  context: IndexContext,
  document: SourceDocument,
  options: CheckOptions,
): Promise<readonly StaleReason[]> {
  options.signal?.throwIfAborted();
  await assertDocument(context, document, options.signal);
  const [reasons] = await reasonsOfBatch(context, [document], options);
  return reasons ?? [];
}

/** The ids of a source's documents that `reindex` would write, in the order of the source. */
export async function staleIdsOf(
  context: IndexContext,
  source: DocumentSource,
  options: CheckOptions & { readonly breather: Breather; readonly progress: Progress },
): Promise<string[]> {
  const stale: string[] = [];
  for await (const batch of batchesOf(context, source, options)) {
    await options.breather.breathe(options.signal);
    const reasons = await reasonsOfBatch(context, batch, options);
    for (const [i, { id }] of batch.entries()) if ((reasons[i] ?? []).length > 0) stale.push(id);
    options.progress.advance(batch.length);
  }
  return stale;
}

async function reasonsOfBatch(
  context: IndexContext,
  documents: readonly SourceDocument[],
  { checkVectors, signal }: CheckOptions,
): Promise<readonly (readonly StaleReason[])[]> {
  const ids = documents.map(({ id }) => id);
  const { head, entries } = await readLedger(context, ids, signal);
  const generation = head.head.live;
  const nowMs = context.clock.now();
  const missing = checkVectors ? await missingOf(context, generation, entries, signal) : [];
  const found: StaleReason[][] = [];
  // One after the other: memory holds one text, not a batch of them.
  for (const [i, document] of documents.entries()) {
    const prepared = await prepareDocument(context, document, signal);
    const draft = await diffDocument(context, prepared, entries[i], { generation, nowMs, renewTtl: false });
    found.push((missing[i]?.size ?? 0) > 0 ? [...draft.reasons, "missing-vectors"] : [...draft.reasons]);
  }
  return found;
}

export async function explainDocument(
  context: IndexContext,
  id: string,
  document: SourceDocument | undefined,
  signal: AbortSignal | undefined,
): Promise<Explanation> {
  assertId(id);
  signal?.throwIfAborted();
  if (document !== undefined) {
    assertObject(document, "document");
    if (document.id !== id) throw invalid("document", "one of another id");
  }
  const { head, entries } = await readLedger(context, [id], signal);
  const generation = head.head.live;
  const entry = entries[0]?.entry;
  const [missing] = await missingOf(context, generation, entries, signal);
  const missingChunks = missing?.size ?? 0;
  const known: readonly [StaleReason, boolean][] =
    entry === undefined
      ? []
      : [
          ["redactor", entry.redactor !== context.redactor.id],
          ["chunker", entry.chunker !== context.chunker.id],
          ["embedder", !context.known.has(generation.embedder)],
          // Text that is lost with its vectors is listed no more.
          ["missing-vectors", missingChunks > 0 || entry.text === ""],
        ];
  const { redactor, chunker, expiresAtMs } = entry ?? {};
  return {
    id,
    indexed: entry !== undefined,
    expired: entry !== undefined && isExpired(entry, context.clock.now()),
    chunks: entry?.chunks.length ?? 0,
    missingChunks,
    reasons:
      document === undefined
        ? known.filter(([, holds]) => holds).map(([reason]) => reason)
        : await reasonsOf(context, document, { checkVectors: true, signal }),
    ...(redactor !== undefined &&
      chunker !== undefined && { writtenBy: { redactor, chunker, embedder: generation.embedder } }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
    ...(document !== undefined && { planned: await plannedFor(context, document, signal) }),
  };
}

async function plannedFor(
  context: IndexContext,
  document: SourceDocument,
  signal: AbortSignal | undefined,
): Promise<Explanation["planned"]> {
  const [planned] = await planBatch(context, [document], { checkVectors: true, signal });
  if (planned?.failure !== undefined) throw planned.failure;
  const { change } = planned ?? {};
  return change === undefined
    ? null
    : { action: change.action, chunks: change.chunks, tokens: change.tokens };
}
