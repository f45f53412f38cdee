import { isKeelsonError, type StateChange, type VectorRecord } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import type { Generation, StoredHead } from "./head.ts";
import { collect, type Intent, type OwnWrite, settleIntent } from "./intents.ts";
import type { Lease } from "./lease.ts";
import { type EntryChange, ledgerChanges } from "./ledger.ts";

/** Changes of some documents of one generation that become visible together. */
export interface Writes {
  /** Unique for ever; the staged records' ids end with it. */
  readonly id: string;
  readonly generation: Generation;
  /** The head that the changes were decided by. */
  readonly head: StoredHead;
  readonly changes: readonly EntryChange[];
  /** The records that the new entries list and the old ones did not. */
  readonly staged: readonly VectorRecord[];
  /** What else becomes so with the ledger. */
  readonly also?: readonly StateChange[] | undefined;
  /** The lease that the writes are made under, where they are. */
  readonly lease?: Lease | undefined;
}

/**
 * Carries out writes: an intent, the staged records, one ledger commit, the collection of what was replaced. Until
 * the ledger commit nothing can be seen of it, and from then on all.
 *
 * When it rejects before the ledger commit, what was staged is deleted, at once or by the next write or opening.
 *
 * @throws KeelsonError LEASE_LOST when another holder took over the lease.
 * @throws KeelsonError STATE_CONFLICT when a document, the head or the intent was changed by somebody else.
 */
export async function commitWrites(
  context: IndexContext,
  writes: Writes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { keys, state } = context;
  const { id, generation, head, changes, also = [], lease } = writes;
  if (changes.length === 0 && also.length === 0) return;
  const staged = idsOf(writes.staged);
  const replaced = replacedRecords(changes);
  const checks: StateChange[] = [{ key: keys.head, expect: head.revision }];
  if (lease !== undefined) checks.push(lease.fence);
  const intentKey = keys.intent(id);
  const { erasures } = head.head;
  const own: OwnWrite = { generation, erasures, documentIds: idsOf(changes), staged };

  try {
    let intentChange: StateChange[] = [];
    if (staged.length > 0) {
      const untilMs = context.clock.now() + context.leaseMs;
      const value: Intent = { generation: generation.number, staged, holder: context.holder, untilMs };
      const { revision: expect } = await state.commit(
        [...checks, { key: intentKey, value, expect: "absent" }],
        { signal },
      );
      await (await context.recordsOf(generation, signal)).upsert(writes.staged, { signal });
      intentChange = [{ key: intentKey, delete: true, expect }];
    }
    if (replaced.length > 0) {
      const value: Intent = { generation: generation.number, collect: replaced };
      intentChange = [{ key: intentKey, value, expect: intentChange[0]?.expect ?? "absent" }];
    }
    const ledger = ledgerChanges(keys, generation.number, changes);
    const notes = await packedNotes(context, writes, signal);
    const noted = noteForRebuild(context, writes);
    await state.commit([...checks, ...intentChange, ...ledger, ...notes, ...noted, ...also], { signal });
  } catch (error) {
    await settleOrRemember(context, id, own);
    lease?.assertKept(error);
    throw error;
  }
  if (replaced.length === 0) return;
  try {
    await collect(context, id, generation.number, replaced);
  } catch (error) {
    context.unfinished.set(id, own);
    throw error;
  }
}

// No `map`: once it is optimised, it makes lists of another kind, and all that reads them is compiled again.
function idsOf(list: readonly { readonly id: string }[]): string[] {
  const ids: string[] = [];
  for (const { id } of list) ids.push(id);
  return ids;
}

function replacedRecords(changes: readonly EntryChange[]): string[] {
  const replaced: string[] = [];
  for (const { before, after } of changes) {
    if (before === undefined) continue;
    const kept = after && new Set(after.chunks.map(({ id }) => id));
    for (const { id } of before.entry.chunks) if (kept?.has(id) !== true) replaced.push(id);
  }
  return replaced;
}

// Where no snapshot has been taken, to look for the notes of all that is removed would cost as much as to remove it.
async function packedNotes(
  { keys, state }: IndexContext,
  { generation, changes }: Writes,
  signal: AbortSignal | undefined,
): Promise<StateChange[]> {
  if (changes.every(({ after }) => after !== undefined)) return [];
  const key = keys.anyPacked(generation.number);
  const [found] = await state.get([key], { signal });
  if (found === undefined) return [{ key, expect: "absent" }];
  const prefix = keys.packed(generation.number);
  const notes: StateChange[] = [];
  for (const { id, after } of changes)
    if (after === undefined) notes.push({ key: prefix + id, delete: true });
  return notes;
}

// A rebuild copies the live ledger; this tells it what it has to copy again.
function noteForRebuild({ keys }: IndexContext, { head, generation, changes }: Writes): StateChange[] {
  const { building } = head.head;
  if (building?.purpose !== "rebuild" || building.of !== generation.number) return [];
  return [keys.touched, ...changes.map(({ id }) => keys.touch(id))].map((key) => ({ key, value: null }));
}

// The caller is about to hear of the first failure. What could not be cleaned up now is not lost: the intent names it.
async function settleOrRemember(context: IndexContext, id: string, own: OwnWrite): Promise<void> {
  try {
    await settleIntent(context, id, own);
  } catch {
    context.unfinished.set(id, own);
  }
}

/** Is this somebody else's doing, so that reading again and deciding anew helps? */
export function isConflict(error: unknown): boolean {
  return isKeelsonError(error, "STATE_CONFLICT");
}
