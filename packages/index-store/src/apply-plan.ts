import { assertObject, KeelsonError } from "@keelson/core";
import { abortableSource } from "./abortable-source.ts";
import { createBreather } from "./breather.ts";
import type { IndexContext } from "./context.ts";
import type { Draft } from "./diff.ts";
import { assertSource, type DocumentSource, invalid, type SourceDocument } from "./documents.ts";
import { readHead } from "./head.ts";
import { createIdSet } from "./id-set.ts";
import { withLease } from "./lease.ts";
import { isExpired, type StoredEntry } from "./ledger.ts";
import { moveToEmbedder } from "./move-to-embedder.ts";
import { assertPlan, type Plan, type PlannedChange } from "./plan.ts";
import { contentOf } from "./plan-sync.ts";
import { type ProgressOptions, withProgress } from "./progress.ts";
import { readLedger } from "./read-ledger.ts";
import { slices } from "./records.ts";
import { assertFewOrphans, assertRatio, countDocuments, removeThose } from "./sync-documents.ts";
import { writeDocuments } from "./write-documents.ts";
import { createWriteSums, type WriteResult } from "./write-result.ts";

/** What {@link Index.apply} takes. */
export interface ApplyOptions extends ProgressOptions {
  /** The same as for {@link Index.sync}, of the documents that the index has when the plan is applied. Default 0.5. */
  readonly maxDeleteRatio?: number | undefined;
}

const BATCH_DOCUMENTS = 256;

/** Does what a plan says, under the lease of syncs, and nothing else. */
export async function applyPlan(
  context: IndexContext,
  plan: Plan,
  source: DocumentSource,
  { maxDeleteRatio, onProgress, signal: callerSignal }: ApplyOptions,
): Promise<WriteResult> {
  assertOwnPlan(context, plan);
  assertRatio(maxDeleteRatio);
  const removals = plan.changes.filter(({ action }) => action === "remove");
  const writes = new Map(
    plan.changes.filter(({ action }) => action !== "remove").map((change) => [change.id, change]),
  );
  return await withLease(context, "sync", callerSignal, async (lease) => {
    const { signal } = lease;
    const { generation, deletions } = await assertCurrent(context, plan, signal);
    // Both are counted: a plan may have been edited, and what it counted may have come or gone since.
    const total = deletions === 0 ? 0 : await countDocuments(context, generation, signal);
    await assertFewOrphans(context, deletions, total, maxDeleteRatio, signal);
    const documents = only(source, writes, signal);
    const breather = createBreather(context.clock);
    const sums = createWriteSums();
    await moveToEmbedder(context, { onProgress, sums, breather, signal });

    // What the rebuild has written has new revisions.
    const rebuilt = plan.rebuild !== undefined;
    const assertRevision = (id: string, stored: StoredEntry | undefined, expect: unknown): void => {
      if (!rebuilt && (stored?.revision ?? "absent") !== expect)
        throw outdated(context, "it was written since", id);
    };
    const check = (draft: Draft): void => {
      const { id } = draft.document;
      const planned = writes.get(id) as PlannedChange;
      assertRevision(id, draft.before, planned.expect);
      if (contentOf(draft) !== planned.content)
        throw outdated(context, "the source has another document by now", id);
    };
    const seen = createIdSet(context.holder);
    await withProgress(onProgress, { task: "write", total: writes.size }, (progress) =>
      writeDocuments(context, documents, {
        renewTtl: false,
        checkVectors: plan.changes.some(({ reasons }) => reasons.includes("missing-vectors")),
        lease,
        seen,
        check,
        sums,
        progress,
        breather,
        signal,
      }),
    );
    for (const id of writes.keys())
      if (!seen.has(id)) throw outdated(context, "the source has it no more", id);

    const expected = new Map(removals.map(({ id, expect }) => [id, expect]));
    await removeThose(context, [...expected.keys()], {
      check: (id, stored) => assertRevision(id, stored, expected.get(id)),
      lease,
      sums,
      breather,
      onProgress,
    });
    return sums.result(context.embedding);
  });
}

function assertOwnPlan({ name }: IndexContext, plan: Plan): void {
  assertPlan(plan);
  if (plan.index !== name) throw invalid("plan", "one of another index");
  if (new Set(plan.changes.map(({ id }) => id)).size < plan.changes.length)
    throw invalid("plan", "one that names a document twice");
}

/**
 * Refuses a plan that was made by another ledger or for another pipeline, before anything is written.
 *
 * @returns The generation that it was made by, and how many documents it would take away that can be seen.
 */
async function assertCurrent(
  context: IndexContext,
  plan: Plan,
  signal: AbortSignal,
): Promise<{ readonly generation: number; readonly deletions: number }> {
  const { pipeline, generation } = plan;
  const { origin, live } = (await readHead(context, signal)).head;
  if (plan.ledger !== origin) throw invalid("plan", "one of an index of this name in another storage");
  for (const part of ["embedder", "chunker", "redactor"] as const)
    if (pipeline[part] !== context[part].id) throw outdated(context, `it was made for another ${part}`);
  const nowMs = context.clock.now();
  let deletions = 0;
  // An empty plan is held to its generation as well.
  const batches = plan.changes.length === 0 ? [[]] : slices(plan.changes, BATCH_DOCUMENTS);
  for (const batch of batches) {
    const { head, entries } = await readLedger(
      context,
      batch.map(({ id }) => id),
      signal,
    );
    if (head.head.live.number !== generation) throw outdated(context, "another generation is live");
    for (const [i, { id, action, expect }] of batch.entries()) {
      const stored = entries[i];
      if ((stored?.revision ?? "absent") !== expect) throw outdated(context, "it was written since", id);
      if (action === "remove" && stored !== undefined && !isExpired(stored.entry, nowMs)) deletions++;
    }
  }
  if ((plan.rebuild === undefined) !== context.known.has(live.embedder))
    throw outdated(context, "whether all is to be embedded anew is not as planned");
  return { generation, deletions };
}

/** The documents of a source that are planned for. */
function only(
  source: DocumentSource,
  planned: ReadonlyMap<string, PlannedChange>,
  signal: AbortSignal,
): DocumentSource {
  const isPlanned = (document: SourceDocument): boolean => {
    assertObject(document, "document");
    return planned.has(document.id);
  };
  // A list stays one: it is checked whole before anything is written.
  if (Array.isArray(source)) return (source as readonly SourceDocument[]).filter(isPlanned);
  assertSource(source);
  // The source itself must be told to end: a generator that waits for it cannot be.
  if (Symbol.asyncIterator in source) return chosenOf(abortableSource(source, signal), isPlanned);
  return chosenAtOnce(source, isPlanned);
}

async function* chosenOf(
  source: AsyncIterable<SourceDocument>,
  isPlanned: (document: SourceDocument) => boolean,
): AsyncGenerator<SourceDocument> {
  for await (const document of source) if (isPlanned(document)) yield document;
}

function* chosenAtOnce(
  source: Iterable<SourceDocument>,
  isPlanned: (document: SourceDocument) => boolean,
): Generator<SourceDocument> {
  for (const document of source) if (isPlanned(document)) yield document;
}

function outdated(
  { name }: IndexContext,
  reason: string,
  documentId?: string,
): KeelsonError<"PLAN_OUTDATED"> {
  const what = documentId === undefined ? "" : `, for ${documentId}`;
  return new KeelsonError("PLAN_OUTDATED", `the plan is outdated${what}: ${reason}. Plan again`, {
    details: { index: name, documentId, reason },
  });
}
