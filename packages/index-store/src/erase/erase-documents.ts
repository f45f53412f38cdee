import { type Awaitable, assertObject, isKeelsonError, type ReclaimResult, scanState } from "@keelson/core";
import { createBreather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import { assertIds, invalid } from "../documents.ts";
import { readHead } from "../head.ts";
import { isHeld, type Lease, withLease } from "../lease.ts";
import { withProgress } from "../progress.ts";
import { dropScratches, listScratches } from "../snapshot/scratch.ts";
import type { ErasureWork } from "./erasure-work.ts";
import { findEverywhere } from "./find-everywhere.ts";
import type { ErasureReceipt, Found } from "./receipt.ts";
import { type Met, removeEverywhere } from "./remove-everywhere.ts";
import { tombstoneChanges, tombstoneNames } from "./tombstones.ts";

/** What {@link Index.erase} takes: documents by their ids, or all that are about a subject. */
export type ErasureRequest = { readonly ids: readonly string[] } | { readonly subject: string };

/** An erasure that is not finished. */
type Erasing = {
  readonly by: ErasureReceipt["by"];
  readonly requestedAtMs: number;
  readonly tombstones: readonly string[];
  readonly found: Found;
  /** What is to be removed; taken away before the storage reclaims, so that it goes with the rest. */
  readonly target?: { readonly ids: readonly string[]; readonly subject?: string };
  readonly met?: Met;
};

/**
 * Erases documents, under the leases of snapshots and drills: finds them everywhere, writes down what it is about to do
 * together with the tombstones, then removes them until none is left, and has the storage reclaim. From the first commit
 * on no write that began before brings them back, and whoever dies leaves the rest to the next opening or erasure.
 */
export async function eraseDocuments(
  context: IndexContext,
  request: ErasureRequest,
  work: ErasureWork,
): Promise<ErasureReceipt> {
  const { lease } = work;
  const { signal } = lease;
  // What a drill that died has left holds what the snapshot did.
  await dropScratches(context, await listScratches(context, { signal }));
  await finishErasures(context, work);
  const subject = "subject" in request ? digest(request.subject) : undefined;
  const ids = "ids" in request ? request.ids : [];
  const { target, found } = await findEverywhere(context, { ids, subject }, work);
  const names = await tombstoneNames(context);
  const tombstones = target.ids.map(names.ofId);
  if (subject !== undefined) tombstones.push(names.ofSubject(subject));
  const erasing: Erasing = {
    by: subject === undefined ? "ids" : "subject",
    requestedAtMs: context.clock.now(),
    tombstones,
    found,
    target: { ids: target.ids, ...(subject !== undefined && { subject }) },
  };
  const id = context.newId();
  await begin(context, id, erasing, lease);
  return await carryOut(context, id, erasing, work);
}

/** Refuses what cannot be erased, before anything is. */
export function assertErasure(request: ErasureRequest): void {
  assertObject(request, "request");
  const { ids, subject } = request as { readonly ids?: unknown; readonly subject?: unknown };
  if ((ids === undefined) === (subject === undefined))
    throw invalid("erase", "to be given either ids or a subject");
  if (ids === undefined) {
    if (typeof subject !== "string") throw invalid("subject", "not a string");
    return;
  }
  assertIds(ids);
}

/** All erasures that have ended, oldest first. */
export async function listErasures(
  { keys, state }: IndexContext,
  signal: AbortSignal | undefined,
): Promise<ErasureReceipt[]> {
  const receipts: ErasureReceipt[] = [];
  for await (const { value } of scanState(state, { prefix: keys.erasures, signal }))
    receipts.push(value as unknown as ErasureReceipt);
  return receipts.sort((a, b) => a.completedAtMs - b.completedAtMs);
}

/** Ends what an erasure has left that died; one that is somebody's is left alone, and so is what cannot be ended now. */
export async function goOnErasing(context: IndexContext, signal: AbortSignal | undefined): Promise<void> {
  const { keys, state } = context;
  const left = await state.scan({ prefix: keys.erasings, limit: 1, signal });
  if (left.length === 0 || (await isHeld(context, "snapshots", signal))) return;
  try {
    await withLease(context, "snapshots", signal, (lease) =>
      withProgress(undefined, { task: "erase" }, (progress) =>
        finishErasures(context, { lease, breather: createBreather(context.clock), progress }),
      ),
    );
  } catch (error) {
    // A damaged snapshot must not keep the index from opening. The next erasure says so.
    if (!isKeelsonError(error, "SNAPSHOT_CORRUPT")) throw error;
  }
}

async function finishErasures(context: IndexContext, work: ErasureWork): Promise<void> {
  const { keys, state } = context;
  const { signal } = work.lease;
  for await (const { key, value } of scanState(state, { prefix: keys.erasings, signal })) {
    const erasing = value as unknown as Erasing;
    await carryOut(context, key.slice(keys.erasings.length), erasing, work);
  }
}

/** Sets the tombstones, and moves the head: every commit under way is refused, and decides anew. */
async function begin(context: IndexContext, id: string, erasing: Erasing, lease: Lease): Promise<void> {
  const { keys, state } = context;
  while (true) {
    const { head, revision } = await readHead(context, lease.signal);
    const number = (head.erasures ?? 0) + 1;
    const tombstone = { erasedAtMs: erasing.requestedAtMs, number };
    try {
      await state.commit(
        [
          lease.fence,
          { key: keys.head, value: { ...head, erasures: number }, expect: revision },
          { key: keys.erasing(id), value: erasing, expect: "absent" },
          ...tombstoneChanges(context, erasing.tombstones, tombstone),
        ],
        { signal: lease.signal },
      );
      return;
    } catch (error) {
      if (!isKeelsonError(error, "STATE_CONFLICT") || error.details.key !== keys.head) throw error;
    }
  }
}

async function carryOut(
  context: IndexContext,
  id: string,
  erasing: Erasing,
  work: ErasureWork,
): Promise<ErasureReceipt> {
  const { keys, state, clock, name: index } = context;
  const { fence, signal } = work.lease;
  const { target, ...rest } = erasing;
  let { met = { strayRecords: 0, stoppedWrites: 0 } } = erasing;
  if (target !== undefined) {
    met = await removeEverywhere(context, target, work);
    await state.commit([fence, { key: keys.erasing(id), value: { ...rest, met } }], { signal });
  }
  const reclaimed = await reclaim(context, signal);
  const { by, requestedAtMs, tombstones, found } = erasing;
  const isReclaimed = (store: ReclaimResult["stores"][number]): boolean =>
    reclaimed?.stores.includes(store) === true;
  const receipt: ErasureReceipt = {
    id,
    index,
    by,
    requestedAtMs,
    completedAtMs: clock.now(),
    tombstones,
    ...found,
    ...met,
    removal: {
      vectors:
        context.vectors.capabilities.physicalDelete || isReclaimed(context.vectors) ? "physical" : "logical",
      state: isReclaimed(state) ? "physical" : "logical",
      blobs: isReclaimed(context.blobs) ? "physical" : "logical",
    },
    reclaimedBytes: reclaimed?.reclaimedBytes ?? 0,
  };
  await state.commit(
    [fence, { key: keys.erasing(id), delete: true }, { key: keys.erasure(id), value: receipt }],
    { signal },
  );
  return receipt;
}

async function reclaim(
  { reclaim: ask }: IndexContext,
  signal: AbortSignal,
): Promise<ReclaimResult | undefined> {
  const asked: Awaitable<ReclaimResult> | undefined = ask?.({ signal });
  return await asked;
}
