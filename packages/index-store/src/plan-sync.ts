import { type KeelsonError, scanState } from "@keelson/core";
import { createBreather } from "./breather.ts";
import type { CheckOptions } from "./call-options.ts";
import type { IndexContext } from "./context.ts";
import { type Draft, diffDocument, type StaleReason } from "./diff.ts";
import { canonical, digest } from "./digest.ts";
import { batchesOf, type DocumentSource, type SourceDocument } from "./documents.ts";
import type { Generation, StoredHead } from "./head.ts";
import { readHead } from "./head.ts";
import { createIdSet } from "./id-set.ts";
import type { LedgerEntry } from "./ledger.ts";
import { missingOf } from "./missing-vectors.ts";
import type { Plan, PlannedChange } from "./plan.ts";
import { prepareDocument } from "./prepare.ts";
import { withProgress } from "./progress.ts";
import { readLedger } from "./read-ledger.ts";
import { assertMode, findOrphans, type SyncMode } from "./sync-documents.ts";
import { isDocumentFault } from "./write-result.ts";

/** What {@link Index.plan} takes. */
export interface PlanOptions extends CheckOptions {
  readonly mode: SyncMode;
}

const MOST_FAILURES = 100;

/** Finds out what a sync would do, and does nothing of it. */
export async function planSync(
  context: IndexContext,
  source: DocumentSource,
  { mode, checkVectors = false, onProgress, signal }: PlanOptions,
): Promise<Plan> {
  assertMode(mode);
  signal?.throwIfAborted();
  const breather = createBreather(context.clock);
  const stored = await readHead(context, signal);
  const { live } = stored.head;
  const changes: PlannedChange[] = [];
  const failures: { id: string; code: string }[] = [];
  const seen = createIdSet(context.holder);
  let unchanged = 0;
  // Documents that the index does not have by now.
  let absent = 0;

  await withProgress(onProgress, { task: "plan" }, async (progress) => {
    for await (const batch of batchesOf(context, source, { seen, breather, signal })) {
      await breather.breathe(signal);
      const planned = await planBatch(context, batch, { checkVectors, signal });
      for (const { id, known, change, failure } of planned) {
        if (change !== undefined) changes.push(change);
        else if (failure === undefined) unchanged++;
        else if (failures.length < MOST_FAILURES) failures.push({ id, code: failure.code });
        if (!known) absent++;
      }
      progress.advance(batch.length);
    }
  });

  const { documents, orphans } = await findOrphans(context, seen, seen.size - absent, signal);
  if (mode === "full") {
    for (const { id, expired, revision } of orphans)
      changes.push({
        id,
        action: "remove",
        reasons: expired ? ["orphaned", "expired"] : ["orphaned"],
        chunks: 0,
        tokens: 0,
        expect: revision,
      });
  }
  const rebuild = context.known.has(live.embedder) ? undefined : await sizeOf(context, live, signal);
  return summarize(context, stored, { mode, unchanged, documents, failures, changes, rebuild });
}

function summarize(
  context: IndexContext,
  { head }: StoredHead,
  found: Pick<Plan, "mode" | "unchanged" | "documents" | "failures" | "changes"> & {
    readonly rebuild: Plan["rebuild"] | undefined;
  },
): Plan {
  const { embedder, chunker, redactor } = context;
  const { rebuild, changes, ...rest } = found;
  const count = (action: PlannedChange["action"]): number =>
    changes.filter((change) => change.action === action).length;
  const sum = (of: "chunks" | "tokens"): number =>
    changes.reduce((total, change) => total + change[of], rebuild?.[of] ?? 0);
  const costUsd = context.embedding.costUsd(sum("tokens"));
  return {
    format: 1,
    index: context.name,
    ledger: head.origin,
    createdAtMs: context.clock.now(),
    generation: head.live.number,
    pipeline: { embedder: embedder.id, chunker: chunker.id, redactor: redactor.id },
    add: count("add"),
    change: count("change"),
    remove: count("remove"),
    ...(rebuild !== undefined && { rebuild }),
    chunks: sum("chunks"),
    tokens: sum("tokens"),
    ...(costUsd !== undefined && { costUsd }),
    ...rest,
    changes,
  };
}

export interface PlannedDocument {
  readonly id: string;
  /** Does the ledger have it? */
  readonly known: boolean;
  readonly change?: PlannedChange;
  readonly failure?: KeelsonError;
}

/** What a sync would do with some documents. */
export async function planBatch(
  context: IndexContext,
  documents: readonly SourceDocument[],
  { checkVectors, signal }: { readonly checkVectors: boolean; readonly signal: AbortSignal | undefined },
): Promise<PlannedDocument[]> {
  const { head, entries } = await readLedger(
    context,
    documents.map(({ id }) => id),
    signal,
  );
  const generation = head.head.live;
  const nowMs = context.clock.now();
  const missing = checkVectors ? await missingOf(context, generation, entries, signal) : [];
  const planned: PlannedDocument[] = [];
  // One after the other: memory holds one text, not a batch of them.
  for (const [i, source] of documents.entries()) {
    const { id } = source;
    const known = entries[i] !== undefined;
    try {
      const document = await prepareDocument(context, source, signal);
      const draft = await diffDocument(context, document, entries[i], { generation, nowMs, renewTtl: false });
      const change = await planDraft(context, draft, missing[i] ?? new Set());
      planned.push({ id, known, ...(change !== undefined && { change }) });
    } catch (error) {
      if (!isDocumentFault(error)) throw error;
      planned.push({ id, known, failure: error });
    }
  }
  return planned;
}

async function planDraft(
  context: IndexContext,
  draft: Draft,
  missing: ReadonlySet<string>,
): Promise<PlannedChange | undefined> {
  const { document, before, outcome } = draft;
  // The rebuild that comes first does away with this one.
  const reasons: StaleReason[] = draft.reasons.filter((reason) => reason !== "embedder");
  if (missing.size > 0) reasons.push("missing-vectors");
  if (reasons.length === 0) return undefined;
  const stored = before?.entry.chunks ?? [];
  const kept = new Set(stored.filter(({ id }) => !missing.has(id)).map(({ hash }) => hash));
  const wanted = draft.chunks.filter(({ hash }) => !kept.has(hash)).map(({ hash }) => hash);
  let tokens = 0;
  if (wanted.length > 0) {
    const texts = new Map((await document.chunks()).map(({ hash, text }) => [hash, text]));
    for (const hash of wanted) tokens += context.embedding.countTokens(texts.get(hash) ?? "");
  }
  return {
    id: document.id,
    action: outcome === "added" ? "add" : "change",
    reasons,
    chunks: wanted.length,
    tokens,
    expect: before?.revision ?? "absent",
    content: contentOf(draft),
  };
}

/** Digest of what a document is to be, whenever it is written: a time to live counts as it was given. */
export function contentOf({ facts, chunks }: Draft): string {
  const { text, version, metadata, subjects, redactor, chunker, ttlMs, expiresAtMs } = facts;
  const expiry = ttlMs === undefined ? (expiresAtMs ?? null) : `${ttlMs} ms`;
  const rest = [text, version ?? null, metadata ?? null, subjects ?? [], redactor, chunker, expiry];
  return digest(canonical([...rest, ...chunks.map(({ hash }) => hash)]));
}

/** How much a rebuild would have to embed: all that is stored. */
async function sizeOf(
  context: IndexContext,
  live: Generation,
  signal: AbortSignal | undefined,
): Promise<NonNullable<Plan["rebuild"]>> {
  const { keys, state, embedding } = context;
  const records = await context.recordsOf(live, signal);
  let [documents, chunks, tokens] = [0, 0, 0];
  for await (const { value } of scanState(state, {
    prefix: keys.documents(live.number),
    limit: 100,
    signal,
  })) {
    const entry = value as unknown as LedgerEntry;
    const found = await records.get(
      entry.chunks.map(({ id }) => id),
      { signal },
    );
    documents++;
    chunks += entry.chunks.length;
    for (const { text } of found.values()) tokens += embedding.countTokens(text ?? "");
  }
  return { documents, chunks, tokens };
}
