import { assertObject, isKeelsonError, KeelsonError, type StateChange } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { invalid } from "../documents.ts";
import type { Lease } from "../lease.ts";
import { holdersOf, readGuard, setGuard, startRemoval } from "../pins.ts";
import type { Progress } from "../progress.ts";
import { readDrills } from "./drill-records.ts";
import { type KeepReason, type KeepRules, keptByRules } from "./keep-rules.ts";
import { readManifest } from "./manifest.ts";
import { collectPacks, listSnapshotIds } from "./packs.ts";

/** What {@link Index.forget} takes: rules that say which snapshots to keep, or the ids of those to forget. */
export type ForgetPolicy = KeepRules | { readonly snapshotIds: readonly string[] };

/** What {@link Index.forget} did, or would do. */
export interface ForgetReport {
  /** The snapshots that are gone, oldest first. */
  readonly forgotten: readonly string[];
  /** Those that stay, oldest first, with what keeps them; of those nobody asked to forget there may be no reason. */
  readonly kept: readonly { readonly id: string; readonly reasons: readonly KeepReason[] }[];
  /** How many packs were deleted, since no snapshot needs them any more. */
  readonly packs: number;
  /** How many bytes these had. */
  readonly bytes: number;
  /** Was it only asked for? */
  readonly dryRun: boolean;
}

/** Forgets snapshots, and deletes the packs that nothing refers to any more, under the lease of snapshots. */
export async function forgetSnapshots(
  context: IndexContext,
  policy: ForgetPolicy,
  dryRun: boolean,
  lease: Lease,
  progress: Progress,
): Promise<ForgetReport> {
  const { signal } = lease;
  const ids = await listSnapshotIds(context, signal);
  const { reasons, chosen } = await chooseSnapshots(context, policy, ids, signal);
  const gone = new Set<string>();
  const pinned = new Set<string>();
  for (const id of chosen) {
    const isGone = dryRun
      ? (await holdersOf(context, { snapshot: id }, signal)).length === 0
      : await deleteUnlessPinned(context, id, lease);
    (isGone ? gone : pinned).add(id);
    progress.advance(1);
  }
  const left = ids.filter((id) => !gone.has(id));
  if (!dryRun) await keepGuards(context, left, signal);
  const collected = await collectPacks(context, lease, { dryRun, without: gone });
  return {
    forgotten: ids.filter((id) => gone.has(id)),
    kept: left.map((id) => ({ id, reasons: pinned.has(id) ? ["pinned"] : (reasons.get(id) ?? []) })),
    ...collected,
    dryRun,
  };
}

async function chooseSnapshots(
  context: IndexContext,
  policy: ForgetPolicy,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<{
  readonly chosen: readonly string[];
  readonly reasons: ReadonlyMap<string, readonly KeepReason[]>;
}> {
  const newestDrilled = await newestDrilledOf(context, ids, signal);
  if ("snapshotIds" in policy) {
    const wanted = new Set(policy.snapshotIds);
    const unknown = policy.snapshotIds.find((id) => !ids.includes(id));
    if (unknown !== undefined) {
      const details = { index: context.name, snapshotId: unknown };
      throw new KeelsonError("SNAPSHOT_NOT_FOUND", `the index ${context.name} has no snapshot ${unknown}`, {
        details,
      });
    }
    const reasons = new Map<string, KeepReason[]>();
    if (newestDrilled !== undefined) reasons.set(newestDrilled, ["newest-drilled"]);
    return { chosen: ids.filter((id) => wanted.has(id) && id !== newestDrilled), reasons };
  }
  const dated: { readonly id: string; readonly createdAtMs: number }[] = [];
  for (const id of ids) {
    const { createdAtMs } = await readManifest(context, id, signal);
    dated.push({ id, createdAtMs });
  }
  const reasons = keptByRules(dated, policy, context.clock.now());
  if (newestDrilled !== undefined)
    reasons.set(newestDrilled, [...(reasons.get(newestDrilled) ?? []), "newest-drilled"]);
  return { chosen: ids.filter((id) => !reasons.has(id)), reasons };
}

/** Refuses a policy that says neither what to keep nor what to forget. */
export function assertPolicy(policy: ForgetPolicy): void {
  assertObject(policy, "policy");
  if (!("snapshotIds" in policy)) assertRules(policy);
  else if (!Array.isArray(policy.snapshotIds)) throw invalid("snapshotIds", "not a list");
}

function assertRules(rules: KeepRules): void {
  const { keepLast, hourly, daily, weekly, monthly, minAgeMs } = rules;
  const counts = { keepLast, hourly, daily, weekly, monthly };
  for (const [rule, count] of Object.entries({ ...counts, minAgeMs }))
    if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0))
      throw invalid(rule, "not a whole number of at least 0");
  if (Object.values(counts).every((count) => (count ?? 0) === 0))
    throw invalid("policy", "without a rule that keeps anything");
}

/** The newest snapshot whose newest drill went well. */
async function newestDrilledOf(
  context: IndexContext,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const drills = await readDrills(context, signal);
  return ids.filter((id) => drills.get(id)?.ok === true).at(-1);
}

/** Deletes a snapshot, and says whether it is gone. From the moment that its guard is moved nobody can pin it. */
async function deleteUnlessPinned(context: IndexContext, id: string, { signal }: Lease): Promise<boolean> {
  const { blobs, keys, state } = context;
  let afterwards: readonly StateChange[];
  try {
    afterwards = await startRemoval(context, { snapshot: id }, signal);
  } catch (error) {
    if (isKeelsonError(error, "INDEX_TARGET_PINNED")) return false;
    throw error;
  }
  await blobs.delete(keys.snapshot(id), { signal });
  await blobs.delete(keys.drill(id), { signal });
  await state.commit(afterwards, { signal });
  return true;
}

/** Lets those be pinned again that somebody was about to forget when he died. */
async function keepGuards(context: IndexContext, ids: readonly string[], signal: AbortSignal): Promise<void> {
  for (const id of ids) {
    const target = { snapshot: id };
    const { removing, revision } = await readGuard(context, target, signal);
    if (removing) await setGuard(context, target, revision, { removing: false }, [], signal);
  }
}
