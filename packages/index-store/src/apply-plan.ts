import { KeelsonError } from "@keelson/core";
import { createBreather } from "./breather.ts";
import type { IndexContext } from "./context.ts";
import type { Draft } from "./diff.ts";
import { type DocumentSource, invalid, type SourceDocument } from "./documents.ts";
import { readHead } from "./head.ts";
import { createIdSet } from "./id-set.ts";
import { withLease } from "./lease.ts";
import type { StoredEntry } from "./ledger.ts";
import { moveToEmbedder } from "./move-to-embedder.ts";
import type { Plan, PlannedChange } from "./plan.ts";
import { contentOf } from "./plan-sync.ts";
import { type ProgressOptions, withProgress } from "./progress.ts";
import { readLedger } from "./read-ledger.ts";
import { slices } from "./records.ts";
import { assertFewOrphans, assertRatio, removeThose } from "./sync-documents.ts";
import { writeDocuments } from "./write-documents.ts";
import { createWriteSums, type WriteResult } from "./write-result.ts";

/** What {@link Index.apply} takes. */
export interface ApplyOptions extends ProgressOptions {
  /** The same as for {@link Index.sync}. Default 0.5. */
  readonly maxDeleteRatio?: number | undefined;
}

const BATCH_DOCUMENTS = 256;
const ACTIONS: readonly unknown[] = ["add", "change", "remove"];

/** Does what a plan says, under the lease of syncs, and nothing else. */
export async function applyPlan(
  context: IndexContext,
  plan: Plan,
  source: DocumentSource,
  { maxDeleteRatio, onProgress, signal: callerSignal }: ApplyOptions,
): Promise<WriteResult> {
  assertPlan(context, plan);
  assertRatio(maxDeleteRatio);
  const removals = plan.changes.filter(({ action }) => action === "remove");
  const visible = removals.filter(({ reasons }) => !reasons.includes("expired")).length;
  const writes = new Map(
    plan.changes.filter(({ action }) => action !== "remove").map((change) => [change.id, change]),
  );
  return await withLease(context, "sync", callerSignal, async (lease) => {
    const { signal } = lease;
    await assertCurrent(context, plan, signal);
    await assertFewOrphans(context, visible, plan.documents, maxDeleteRatio, signal);
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
      writeDocuments(context, only(source, writes), {
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

function assertPlan({ name }: IndexContext, plan: Plan): void {
  const { format, changes, pipeline } = plan ?? {};
  if (
    format !== 1 ||
    !Array.isArray(changes) ||
    !changes.every(isChange) ||
    typeof pipeline?.embedder !== "string"
  )
    throw invalid("plan", "no plan of format 1");
  if (plan.index !== name) throw invalid("plan", "one of another index");
}

function isChange(change: PlannedChange | null): boolean {
  const { id, action, reasons } = change ?? {};
  return typeof id === "string" && ACTIONS.includes(action) && Array.isArray(reasons);
}

/** Refuses a plan that was made by another ledger or for another pipeline, before anything is written. */
async function assertCurrent(context: IndexContext, plan: Plan, signal: AbortSignal): Promise<void> {
  const { pipeline } = plan;
  const { origin } = (await readHead(context, signal)).head;
  if (plan.ledger !== origin) throw invalid("plan", "one of an index of this name in another storage");
  for (const part of ["embedder", "chunker", "redactor"] as const)
    if (pipeline[part] !== context[part].id) throw outdated(context, `it was made for another ${part}`);
  // An empty plan is held to its generation as well.
  const batches = plan.changes.length === 0 ? [[]] : slices(plan.changes, BATCH_DOCUMENTS);
  for (const batch of batches) {
    const { head, entries } = await readLedger(
      context,
      batch.map(({ id }) => id),
      signal,
    );
    if (head.head.live.number !== plan.generation) throw outdated(context, "another generation is live");
    for (const [i, { id, expect }] of batch.entries())
      if ((entries[i]?.revision ?? "absent") !== expect) throw outdated(context, "it was written since", id);
  }
}

/** The documents of a source that are planned for. */
async function* only(
  source: DocumentSource,
  planned: ReadonlyMap<string, PlannedChange>,
): AsyncGenerator<SourceDocument> {
  for await (const document of source) if (planned.has(document?.id)) yield document;
}

function outdated(
  { name }: IndexContext,
  reason: string,
  documentId?: string,
): KeelsonError<"PLAN_OUTDATED"> {
  const what = documentId === undefined ? "" : `, for ${documentId}`;
  return new KeelsonError("PLAN_OUTDATED", `the plan is of no use any more${what}: ${reason}`, {
    details: { index: name, documentId, reason },
  });
}
