import { KeelsonError, type StateChange, scanState } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { invalid } from "../documents.ts";
import { jsonEquals } from "../json-equals.ts";
import type { Lease } from "../lease.ts";
import type { Progress } from "../progress.ts";
import { readDrills } from "./drill-records.ts";
import { type KeepReason, type KeepRules, keptByRules } from "./keep-rules.ts";
import { readManifest } from "./manifest.ts";
import { type CollectedPacks, collectPacks, listSnapshotIds } from "./packs.ts";

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
  const candidates = await chooseSnapshots(context, policy, ids, signal);
  if (!dryRun) await announce(context, candidates.forgotten, lease);
  // Read after the announcement: nobody pins what is announced.
  const pinned = await pinnedSnapshots(context, signal);
  const forgotten = candidates.forgotten.filter((id) => !pinned.has(id));
  const gone = new Set(forgotten);
  let collected: CollectedPacks;
  if (dryRun) {
    collected = await collectPacks(context, lease, { dryRun, without: gone });
  } else {
    await deleteSnapshots(context, forgotten, lease, progress);
    await announce(context, [], lease);
    collected = await collectPacks(context, lease);
  }
  const kept = ids.flatMap((id): ForgetReport["kept"] => {
    if (gone.has(id)) return [];
    const reasons = candidates.reasons.get(id) ?? [];
    return [{ id, reasons: pinned.has(id) ? [...reasons, "pinned"] : reasons }];
  });
  return { forgotten, kept, ...collected, dryRun };
}

async function chooseSnapshots(
  context: IndexContext,
  policy: ForgetPolicy,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<{
  readonly forgotten: readonly string[];
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
    return { forgotten: ids.filter((id) => wanted.has(id) && id !== newestDrilled), reasons };
  }
  assertRules(policy);
  const dated: { readonly id: string; readonly createdAtMs: number }[] = [];
  for (const id of ids) {
    const { createdAtMs } = await readManifest(context, id, signal);
    dated.push({ id, createdAtMs });
  }
  const reasons = keptByRules(dated, policy, context.clock.now());
  if (newestDrilled !== undefined)
    reasons.set(newestDrilled, [...(reasons.get(newestDrilled) ?? []), "newest-drilled"]);
  return { forgotten: ids.filter((id) => !reasons.has(id)), reasons };
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

/**
 * Says which snapshots are about to be forgotten. Whoever pins one checks the revision of this list, and that it does
 * not stand there.
 */
async function announce(
  { keys, state }: IndexContext,
  ids: readonly string[],
  { fence, signal }: Lease,
): Promise<void> {
  const [standing] = await state.get([keys.forgetting], { signal });
  if (jsonEquals(standing?.value ?? [], ids)) return;
  const change: StateChange = { key: keys.forgetting, value: ids };
  await state.commit([fence, change], { signal });
}

async function pinnedSnapshots(
  { keys, state }: IndexContext,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const pinned = new Set<string>();
  const prefix = keys.snapshotPins;
  for await (const { key } of scanState(state, { prefix, signal }))
    pinned.add(key.slice(prefix.length, key.indexOf("/", prefix.length)));
  return pinned;
}

async function deleteSnapshots(
  { blobs, keys }: IndexContext,
  ids: readonly string[],
  { signal }: Lease,
  progress: Progress,
): Promise<void> {
  for (const id of ids) {
    await blobs.delete(keys.snapshot(id), { signal });
    await blobs.delete(keys.drill(id), { signal });
    progress.advance(1);
  }
}
