import type { IndexContext } from "../context.ts";
import type { Lease } from "../lease.ts";
import { readManifest } from "./manifest.ts";

/**
 * The packs there are, by name, with their sizes in bytes, but for those that somebody was about to delete when he died:
 * nothing may rely on them any more.
 */
export async function listPacks(
  context: IndexContext,
  signal: AbortSignal | undefined,
): Promise<Map<string, number>> {
  const { blobs, keys, state } = context;
  const [condemned] = await state.get([keys.condemned], { signal });
  const found = new Map<string, number>();
  let after: string | undefined;
  while (true) {
    const page = await blobs.list(keys.packs, { after, signal });
    for (const { key, size } of page) found.set(key.slice(keys.packs.length), size);
    after = page.at(-1)?.key;
    if (after === undefined) break;
  }
  for (const pack of (condemned?.value ?? []) as readonly string[]) found.delete(pack);
  return found;
}

/** The ids of all snapshots, oldest first, whatever state they are in. */
export async function listSnapshotIds(
  context: IndexContext,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const { blobs, keys } = context;
  const ids: string[] = [];
  let after: string | undefined;
  while (true) {
    const page = await blobs.list(keys.snapshots, { after, signal });
    ids.push(...page.map(({ key }) => key.slice(keys.snapshots.length)));
    after = page.at(-1)?.key;
    if (after === undefined) return ids;
  }
}

/** What {@link collectPacks} found or did. */
export interface CollectedPacks {
  readonly packs: number;
  readonly bytes: number;
}

/**
 * Deletes the packs that no snapshot refers to, under the lease of snapshots. They are condemned first, in a commit
 * that the lease fences: from then on no snapshot relies on them, and since no pack's name ever comes back, it does
 * not matter how late they are deleted.
 *
 * @param without Snapshots to take for gone; for a dry run.
 * @throws KeelsonError SNAPSHOT_CORRUPT when a manifest cannot be read: nobody knows what it refers to.
 */
export async function collectPacks(
  context: IndexContext,
  lease: Lease,
  { dryRun = false, without }: { readonly dryRun?: boolean; readonly without?: ReadonlySet<string> } = {},
): Promise<CollectedPacks> {
  const { signal } = lease;
  const referred = new Set<string>();
  for (const id of await listSnapshotIds(context, signal)) {
    if (without?.has(id)) continue;
    for (const { pack } of (await readManifest(context, id, signal)).packs) referred.add(pack);
  }
  const sizes = await listPacks(context, signal);
  const garbage = [...sizes.keys()].filter((pack) => !referred.has(pack));
  if (!dryRun) await deletePacks(context, lease, garbage);
  return { packs: garbage.length, bytes: garbage.reduce((sum, pack) => sum + (sizes.get(pack) ?? 0), 0) };
}

/** Deletes packs that nothing refers to, and those that an earlier holder of the lease has condemned. */
export async function deletePacks(
  { blobs, keys, state }: IndexContext,
  { fence, signal }: Lease,
  packs: readonly string[],
): Promise<void> {
  const [found] = await state.get([keys.condemned], { signal });
  const condemned = [...new Set([...((found?.value ?? []) as readonly string[]), ...packs])];
  if (condemned.length === 0) return;
  if (packs.length > 0) await state.commit([fence, { key: keys.condemned, value: condemned }], { signal });
  for (const pack of condemned) await blobs.delete(keys.pack(pack), { signal });
  await state.commit([fence, { key: keys.condemned, delete: true }], { signal });
}
