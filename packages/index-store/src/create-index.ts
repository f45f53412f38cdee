import { KeelsonError } from "@keelson/core";
import { applyPlan } from "./apply-plan.ts";
import { createBreather } from "./breather.ts";
import { assertIds } from "./documents.ts";
import { assertErasure, eraseDocuments, listErasures } from "./erase/erase-documents.ts";
import { dropGeneration } from "./generations.ts";
import { createIndexControl } from "./index-control.ts";
import type { IndexOptions } from "./index-options.ts";
import type { Index } from "./index-type.ts";
import { withLease } from "./lease.ts";
import { listGenerations } from "./list-generations.ts";
import { openContext } from "./open-context.ts";
import { planSync } from "./plan-sync.ts";
import { withProgress } from "./progress.ts";
import { queryIndex } from "./query.ts";
import { getDocument, readStatus } from "./read-index.ts";
import { rebuildIndex, switchGeneration } from "./rebuild-index.ts";
import { reconcileIndex } from "./reconcile/reconcile-index.ts";
import { removeDocuments, sweepExpired } from "./remove-documents.ts";
import { drillSnapshot } from "./snapshot/drill-snapshot.ts";
import { assertPolicy, forgetSnapshots } from "./snapshot/forget-snapshots.ts";
import { listSnapshots } from "./snapshot/list-snapshots.ts";
import { restoreSnapshot } from "./snapshot/restore-snapshot.ts";
import { takeSnapshot } from "./snapshot/take-snapshot.ts";
import { verifySnapshot } from "./snapshot/verify-snapshot.ts";
import { explainDocument, reasonsOf, staleIdsOf } from "./staleness.ts";
import { syncDocuments } from "./sync-documents.ts";
import { touchDocuments } from "./touch-documents.ts";
import { upsertDocuments } from "./upsert-documents.ts";

// Nobody waits for a sweep, and a collection of garbage may come on top.
const SWEEP_SPAN_MS = 1;

/**
 * Opens an index, making it where there is none, and finishes or undoes what a crash has left of earlier writes.
 *
 * @throws KeelsonError KEY_INVALID for a name that cannot be one; ARGUMENT_INVALID, SPEC_VERSION_UNSUPPORTED
 * or CAPABILITY_UNSUPPORTED for a plug-in that cannot be used.
 * @throws KeelsonError COLLECTION_MISMATCH when the index was made with another metric, or the embedder's
 * dimension changed while its id did not.
 *
 * @example
 * ```ts
 * import { createMemoryStorage } from "@keelson/adapters-memory";
 * import { createHashEmbedder } from "@keelson/embedders";
 * import { createIndex } from "@keelson/index-store";
 * import { createRedactor } from "@keelson/redaction";
 *
 * const index = await createIndex({
 *   ...createMemoryStorage(),
 *   name: "handbook",
 *   embedder: createHashEmbedder(),
 *   redactor: createRedactor(),
 * });
 * await index.upsert([
 *   { id: "keys", text: "Keys are rotated every month. Ask ops@example.com.", metadata: { team: "ops" } },
 *   { id: "lunch", text: "Lunch is at noon." },
 * ]);
 * const [best] = await index.query("how often do we rotate a key?", { topK: 1 });
 * console.log(best?.id, best?.text); // keys Keys are rotated every month. Ask [email].
 * const again = await index.reindex([{ id: "lunch", text: "Lunch is at one." }]);
 * console.log(again.changed, again.embeddedChunks); // 1 1
 * ```
 */
export async function createIndex(options: IndexOptions): Promise<Index> {
  const context = await openContext(options);
  const { name, clock } = context;
  const control = createIndexControl(context);
  const running = new Set<Promise<unknown>>();
  let closed = false;

  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) {
      const store = `index ${name}`;
      throw new KeelsonError("STORE_CLOSED", `the ${store} is closed`, { details: { store } });
    }
    const result = work();
    running.add(result);
    try {
      return await result;
    } finally {
      running.delete(result);
    }
  };

  return {
    name,
    upsert: (documents, writeOptions = {}) => run(() => upsertDocuments(context, documents, writeOptions)),
    sync: (source, syncOptions) => run(() => syncDocuments(context, source, { ...syncOptions })),
    plan: (source, planOptions) => run(() => planSync(context, source, { ...planOptions })),
    apply: (plan, source, applyOptions = {}) => run(() => applyPlan(context, plan, source, applyOptions)),
    reindex: (source, writeOptions = {}) =>
      run(() => syncDocuments(context, source, { ...writeOptions, mode: "incremental" })),
    remove: (ids, { onProgress, signal } = {}) =>
      run(async () => {
        assertIds(ids);
        return await withProgress(onProgress, { task: "remove", total: ids.length }, (progress) =>
          removeDocuments(context, ids, createBreather(clock), progress, signal),
        );
      }),
    query: (textOrVector, queryOptions = {}) => run(() => queryIndex(context, textOrVector, queryOptions)),
    get: (id, { signal } = {}) => run(() => getDocument(context, id, signal)),
    isStale: (document, { checkVectors = false, signal } = {}) =>
      run(async () => (await reasonsOf(context, document, { checkVectors, signal })).length > 0),
    staleIds: (source, { checkVectors = false, onProgress, signal } = {}) =>
      run(() =>
        withProgress(onProgress, { task: "plan" }, (progress) =>
          staleIdsOf(context, source, { checkVectors, progress, breather: createBreather(clock), signal }),
        ),
      ),
    explain: (id, document, { signal } = {}) => run(() => explainDocument(context, id, document, signal)),
    sweepExpired: ({ onProgress, signal } = {}) =>
      run(() =>
        withProgress(onProgress, { task: "sweep" }, (progress) =>
          sweepExpired(context, createBreather(clock, SWEEP_SPAN_MS), progress, signal),
        ),
      ),
    touch: (ids, touchOptions) =>
      run(() => touchDocuments(context, ids, touchOptions, createBreather(clock))),
    snapshot: ({ onProgress, signal } = {}) =>
      run(() =>
        withLease(context, "snapshots", signal, (lease) =>
          withProgress(onProgress, { task: "snapshot" }, (progress) =>
            takeSnapshot(context, lease, createBreather(clock), progress),
          ),
        ),
      ),
    snapshots: ({ signal } = {}) => run(() => listSnapshots(context, signal)),
    verify: (snapshotId, { onProgress, signal } = {}) =>
      run(() =>
        withProgress(onProgress, { task: "verify" }, (progress) =>
          verifySnapshot(context, snapshotId, createBreather(clock), progress, signal),
        ),
      ),
    drill: (snapshotId, { onProgress, signal, ...probes } = {}) =>
      run(() =>
        withLease(context, "drill", signal, (lease) =>
          withProgress(onProgress, { task: "drill" }, (progress) =>
            drillSnapshot(context, snapshotId, probes, lease, createBreather(clock), progress),
          ),
        ),
      ),
    restore: (snapshotId, { onProgress, signal } = {}) =>
      run(() =>
        withLease(context, "build", signal, (lease) =>
          restoreSnapshot(context, snapshotId, createBreather(clock), { onProgress, signal: lease.signal }),
        ),
      ),
    forget: (policy, { dryRun = false, onProgress, signal } = {}) =>
      run(async () => {
        assertPolicy(policy);
        return await withLease(context, "snapshots", signal, (lease) =>
          withProgress(onProgress, { task: "forget" }, (progress) =>
            forgetSnapshots(context, policy, dryRun, lease, progress),
          ),
        );
      }),
    rebuild: (rebuildOptions = {}) => run(() => rebuildIndex(context, rebuildOptions)),
    generations: ({ signal } = {}) => run(() => listGenerations(context, signal)),
    rollbackGeneration: ({ signal } = {}) => run(() => switchGeneration(context, undefined, signal)),
    makeLive: (generation, { signal } = {}) => run(() => switchGeneration(context, generation, signal)),
    dropGeneration: (generation, { signal } = {}) => run(() => dropGeneration(context, generation, signal)),
    control: {
      name,
      find: (reference, findOptions) => run(async () => control.find(reference, findOptions)),
      pin: (reference, holder, pinOptions) => run(async () => control.pin(reference, holder, pinOptions)),
      unpin: (reference, holder, pinOptions) => run(async () => control.unpin(reference, holder, pinOptions)),
      makeLive: (generation, moveOptions) => run(async () => control.makeLive(generation, moveOptions)),
    },
    erase: (request, { onProgress, signal } = {}) =>
      run(async () => {
        assertErasure(request);
        return await withLease(context, "snapshots", signal, (lease) =>
          withLease(context, "drill", lease.signal, () =>
            withProgress(onProgress, { task: "erase" }, (progress) =>
              eraseDocuments(context, request, { lease, breather: createBreather(clock), progress }),
            ),
          ),
        );
      }),
    reconcile: ({ repair = false, onProgress, signal } = {}) =>
      run(() =>
        withProgress(onProgress, { task: "reconcile" }, (progress) => {
          const breather = createBreather(clock);
          if (!repair) return reconcileIndex(context, undefined, breather, progress, signal);
          return withLease(context, "sync", signal, (lease) =>
            reconcileIndex(context, lease, breather, progress, lease.signal),
          );
        }),
      ),
    erasures: ({ signal } = {}) => run(() => listErasures(context, signal)),
    status: ({ signal } = {}) => run(() => readStatus(context, signal)),
    close: async () => {
      closed = true;
      await Promise.allSettled(running);
    },
  };
}
