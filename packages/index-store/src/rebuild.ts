import {
  type Chunker,
  type Embedder,
  isKeelsonError,
  KeelsonError,
  type Redactor,
  type Revision,
  type StateChange,
  scanState,
} from "@keelson/core";
import type { Breather } from "./breather.ts";
import { commitWrites, isConflict } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { copyAnew, type Pair } from "./copy-anew.ts";
import { abandonGeneration, beginGeneration, type GenerationPlan, swapGeneration } from "./generations.ts";
import { type Building, type Generation, readHead, type StoredHead, toHead } from "./head.ts";
import { settleUnfinished } from "./intents.ts";
import { type Lease, withLease } from "./lease.ts";
import { type LedgerEntry, toStored } from "./ledger.ts";
import { type Progress, type ProgressOptions, withProgress } from "./progress.ts";
import { withRetries } from "./with-retries.ts";
import type { WriteSums } from "./write-result.ts";

/** What a generation is to be rebuilt by. */
export interface RebuildPipeline {
  readonly embedder?: Embedder | undefined;
  readonly chunker?: Chunker | undefined;
  readonly redactor?: Redactor | undefined;
}

export interface BuildOptions {
  readonly pipeline: RebuildPipeline;
  /** Make the new generation the live one. */
  readonly live: boolean;
  readonly sums: WriteSums;
  readonly onProgress: ProgressOptions["onProgress"];
  readonly breather: Breather;
  readonly signal: AbortSignal | undefined;
}

const PAGE = 64;

/**
 * Builds a generation beside the live one, from the stored and redacted chunks: copies what the live one holds, then
 * what was written meanwhile, until nothing is left; looks whether the vector store has all of it; and swaps. Queries and
 * writes of others go on all the while, on the live one.
 *
 * When it fails or is aborted the new generation stays, unseen, and the next attempt goes on from it.
 */
export async function buildGeneration(context: IndexContext, options: BuildOptions): Promise<Generation> {
  const { pipeline, onProgress } = options;
  const { embedder = context.embedder, chunker = context.chunker, redactor = context.redactor } = pipeline;
  const target: IndexContext = { ...context, embedder, chunker, redactor };
  return await withLease(context, "build", options.signal, (lease) =>
    withProgress(onProgress, { task: "rebuild" }, (progress) =>
      build({ ...options, context: target, progress, lease, signal: lease.signal }),
    ),
  );
}

export interface Build extends Omit<BuildOptions, "signal"> {
  /** The index, with the pipeline to be. */
  readonly context: IndexContext;
  readonly progress: Progress;
  readonly lease: Lease;
  readonly signal: AbortSignal;
}

/** A generation under way: the head that names it, and what it is copied from. */
export interface Site {
  readonly stored: StoredHead;
  readonly live: Generation;
  readonly building: Building;
}

async function build(work: Build): Promise<Generation> {
  const { context, signal } = work;
  while (true) {
    signal.throwIfAborted();
    await settleUnfinished(context);
    const site = await goOnOrBegin(work);
    try {
      await copyMissing(work, site);
      let verified = false;
      while (true) {
        const untouched = await copyTouched(work, site);
        if (!verified) await verify(work, site);
        else if (await swap(work, site, untouched)) return site.building;
        verified = true;
      }
    } catch (error) {
      // Another generation has been begun or made live meanwhile: begin again from there.
      const moved = (await readHead(context, signal)).revision !== site.stored.revision;
      if (moved && (isConflict(error) || isKeelsonError(error, "COLLECTION_NOT_FOUND"))) continue;
      throw error;
    }
  }
}

async function goOnOrBegin({ context, pipeline, signal }: Build): Promise<Site> {
  const stored = await readHead(context, signal);
  const { live, building } = stored.head;
  const plan: GenerationPlan = {
    purpose: "rebuild",
    of: live.number,
    pipeline: JSON.stringify([pipeline.chunker?.id ?? null, pipeline.redactor?.id ?? null]),
    embedder: context.embedder.id,
    dimension: context.embedder.dimension,
    metric: live.metric,
  };
  const fits =
    building !== undefined &&
    (Object.keys(plan) as (keyof GenerationPlan)[]).every((key) => building[key] === plan[key]);
  if (fits) return { stored, live, building };
  const begun = await beginGeneration(context, plan, signal);
  return { stored: begun.head, live: begun.head.head.live, building: begun.building };
}

/** Copies the documents that the new generation does not have. */
async function copyMissing(work: Build, site: Site): Promise<void> {
  const { state, keys } = work.context;
  const prefix = keys.documents(site.live.number);
  let after: string | undefined;
  while (true) {
    const page = await state.scan({ prefix, after, limit: PAGE, signal: work.signal });
    after = page.at(-1)?.key;
    if (after === undefined) return;
    await copyDocuments(
      work,
      site,
      page.map(({ key }) => key.slice(prefix.length)),
      false,
    );
  }
}

/**
 * Copies the documents that were written since they were copied, until there is none.
 *
 * @returns The revision that the next write of a document will move.
 */
async function copyTouched(work: Build, site: Site): Promise<Revision | "absent"> {
  const { state, keys } = work.context;
  while (true) {
    const [touched] = await state.get([keys.touched], { signal: work.signal });
    const page = await state.scan({ prefix: keys.touches, limit: PAGE, signal: work.signal });
    if (page.length === 0) return touched?.revision ?? "absent";
    await copyDocuments(
      work,
      site,
      page.map(({ key }) => key.slice(keys.touches.length)),
      true,
    );
  }
}

async function copyDocuments(work: Build, site: Site, ids: readonly string[], again: boolean): Promise<void> {
  const { context, signal, sums, progress, breather } = work;
  const { state, keys } = context;
  const { live, building } = site;
  await breather.breathe(signal);
  const movedTo = await withRetries(ids[0] as string, signal, async () => {
    const found = await state.get(
      [
        keys.head,
        ...ids.map((id) => keys.document(live.number, id)),
        ...ids.map((id) => keys.document(building.number, id)),
        ...ids.map((id) => keys.touch(id)),
      ],
      { signal },
    );
    const head = toHead(context, found[0]);
    if (head.revision !== site.stored.revision) return head;
    const pairs = ids.flatMap((id, i): Pair[] => {
      const original = toStored(found[1 + i])?.entry;
      const copy = toStored(found[1 + ids.length + i]);
      return original === copy || (!again && copy !== undefined) ? [] : [{ id, original, copy }];
    });
    const writeId = context.newId();
    const { changes, staged } = await copyAnew(work, site, pairs, writeId);
    const also = again ? found.slice(1 + 2 * ids.length).flatMap(forget) : [];
    await commitWrites(context, { id: writeId, generation: building, head, changes, staged, also }, signal);
    const copied = pairs.filter(({ original }) => original !== undefined).length;
    sums.count("rebuilt", copied);
    progress.advance(copied);
    return undefined;
  });
  // The generations are others by now: nothing can be copied any more, and the caller begins again.
  if (movedTo !== undefined) throw moved(context, site.stored, movedTo);
}

function forget(touch: { readonly key: string; readonly revision: Revision } | undefined): StateChange[] {
  return touch === undefined ? [] : [{ key: touch.key, delete: true, expect: touch.revision }];
}

/** Reads back whether the vector store has all that the new generation lists. */
async function verify({ context, onProgress, breather, signal }: Build, { building }: Site): Promise<void> {
  const { state, keys } = context;
  const prefix = keys.documents(building.number);
  const records = await context.recordsOf(building, signal);
  await withProgress(onProgress, { task: "verify" }, async (progress) => {
    for await (const { key, value, revision } of scanState(state, { prefix, limit: PAGE, signal })) {
      await breather.breathe(signal);
      const ids = (value as unknown as LedgerEntry).chunks.map(({ id }) => id);
      const missing = ids.length - (await records.get(ids, { signal })).size;
      // An erasure takes away from here too.
      if (missing > 0 && (await state.get([key], { signal }))[0]?.revision === revision) {
        await abandonGeneration(context, building);
        const documentId = key.slice(prefix.length);
        throw new KeelsonError("VECTORS_MISSING", `the vector store did not keep chunks of ${documentId}`, {
          details: { index: context.name, documentId, missing },
        });
      }
      progress.advance(1);
    }
  });
}

/** `false` when something was written since the last look. */
async function swap(work: Build, site: Site, untouched: Revision | "absent"): Promise<boolean> {
  const { context, live, lease, signal } = work;
  const { touched } = context.keys;
  const also: StateChange[] = [
    untouched === "absent"
      ? { key: touched, expect: untouched }
      : { key: touched, delete: true, expect: untouched },
    lease.fence,
  ];
  try {
    await swapGeneration(context, site.stored, { live, also, signal });
    return true;
  } catch (error) {
    if (isKeelsonError(error, "STATE_CONFLICT") && error.details.key === touched) return false;
    lease.assertKept(error);
    throw error;
  }
}

function moved(
  { keys }: IndexContext,
  expected: StoredHead,
  actual: StoredHead,
): KeelsonError<"STATE_CONFLICT"> {
  return new KeelsonError("STATE_CONFLICT", "another restore or rebuild came between", {
    details: { key: keys.head, expect: expected.revision, actual: actual.revision },
  });
}
