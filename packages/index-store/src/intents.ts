import { isKeelsonError, type Revision, scanState } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { allGenerations, type Generation, type Head, readHead } from "./head.ts";
import { type StoredEntry, toStored } from "./ledger.ts";

/**
 * What a write owes the vector store: records that it stages, invisible and to be deleted unless its ledger commit
 * takes place, or records that it replaced and has still to collect. The ledger commit expects the intent as it was
 * written, so whoever takes the intent away, or stops it, has stopped the write.
 */
export type Intent = Staging | Collecting | Stopped;

type Staging = {
  readonly generation: number;
  readonly staged: readonly string[];
  /** Who stages. */
  readonly holder: string;
  /** Until when others leave it alone, in epoch milliseconds. */
  readonly untilMs: number;
};

type Collecting = {
  readonly generation: number;
  readonly collect: readonly string[];
};

/**
 * A write that an erasure has stopped. What it had staged is deleted; what it stages all the same, since it has not heard
 * of that, is deleted and reclaimed when its writer ends, or by others after its time.
 */
type Stopped = Pick<Staging, "generation" | "holder" | "untilMs"> & {
  readonly stopped: readonly string[];
};

/** What the writer of an intent knows beyond it. */
export interface OwnWrite {
  readonly generation: Generation;
  /** How many erasures there had been when it was decided. */
  readonly erasures: number | undefined;
  readonly documentIds: readonly string[];
  readonly staged: readonly string[];
}

/** The records that an intent is about. */
export function namedRecords(intent: Intent): readonly string[] {
  if ("collect" in intent) return intent.collect;
  return "staged" in intent ? intent.staged : intent.stopped;
}

/**
 * Ends an intent: rolls the write back if its ledger commit has not taken place and makes sure that it never will;
 * collects what it replaced if it has.
 */
export async function settleIntent(context: IndexContext, id: string, own?: OwnWrite): Promise<void> {
  const key = context.keys.intent(id);
  while (true) {
    const [found] = await context.state.get([key]);
    if (found === undefined) {
      if (own !== undefined) await deleteUnlisted(context, own);
      return;
    }
    const intent = found.value as unknown as Intent;
    if ("stopped" in intent) {
      await endStopped(context, key, intent);
      return;
    }
    const records = namedRecords(intent);
    if ("staged" in intent) {
      const claimed = await claim(
        context,
        key,
        { generation: intent.generation, collect: records },
        found.revision,
      );
      if (!claimed) continue;
    }
    await collect(context, id, intent.generation, records);
    return;
  }
}

/**
 * Ends an intent for an erasure: of a write under way, what it has staged is deleted, and it cannot commit any more. Its
 * intent stays, as a note for whoever ends it.
 *
 * @returns Was it under way, so that it may be about to stage?
 */
export async function stopIntent(context: IndexContext, id: string): Promise<boolean> {
  const key = context.keys.intent(id);
  while (true) {
    const [found] = await context.state.get([key]);
    const intent = found?.value as unknown as Intent | undefined;
    if (found === undefined || intent === undefined) return false;
    if (!isUnderWay(intent, context.clock.now())) {
      await settleIntent(context, id);
      return false;
    }
    const { generation, holder, untilMs } = intent;
    const stopped = namedRecords(intent);
    const note: Stopped = { generation, holder, untilMs, stopped };
    if ("staged" in intent && !(await claim(context, key, note, found.revision))) continue;
    await deleteRecords(context, generation, stopped);
    if (holder !== context.holder) context.unfinished.set(id, { untilMs });
    return true;
  }
}

/** The records that writes are about to list. */
export async function stagedRecords(
  { keys, state }: IndexContext,
  signal: AbortSignal | undefined,
): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { value } of scanState(state, { prefix: keys.intents, signal })) {
    const intent = value as unknown as Intent;
    for (const id of "staged" in intent ? intent.staged : []) ids.add(id);
  }
  return ids;
}

async function endStopped(context: IndexContext, key: string, intent: Stopped): Promise<void> {
  await deleteRecords(context, intent.generation, intent.stopped);
  // The names of records go with the rest, and what dies before it has reclaimed is gone on with.
  await context.state.commit([{ key, value: { ...intent, stopped: [] } }]);
  await context.reclaim?.();
  await context.state.commit([{ key, delete: true }]);
}

async function claim(context: IndexContext, key: string, value: Intent, expect: Revision): Promise<boolean> {
  try {
    await context.state.commit([{ key, value, expect }]);
    return true;
  } catch (error) {
    if (isKeelsonError(error, "STATE_CONFLICT")) return false;
    throw error;
  }
}

/** Deletes records that nothing lists any more, then the intent that named them. */
export async function collect(
  context: IndexContext,
  id: string,
  generation: number,
  records: readonly string[],
): Promise<void> {
  await deleteRecords(context, generation, records);
  await context.state.commit([{ key: context.keys.intent(id), delete: true }]);
}

async function deleteRecords(
  context: IndexContext,
  generation: number,
  records: readonly string[],
): Promise<void> {
  const found = generationOf((await readHead(context)).head, generation);
  // A generation that is gone took its records along.
  if (found !== undefined) await (await context.recordsOf(found)).delete(records);
}

// The intent has gone: the write was committed with nothing to collect, or somebody rolled it back while it was still
// staging. The ledger knows.
async function deleteUnlisted(context: IndexContext, own: OwnWrite): Promise<void> {
  if (own.staged.length === 0) return;
  const { keys, state } = context;
  const entries = await state.get(own.documentIds.map((id) => keys.document(own.generation.number, id)));
  const listed = new Set(
    entries.map(toStored).flatMap((stored) => (stored === undefined ? [] : recordIds(stored))),
  );
  const unlisted = own.staged.filter((id) => !listed.has(id));
  if (unlisted.length === 0) return;
  await (await context.recordsOf(own.generation)).delete(unlisted);
  // What an erasure has promised must not stay behind in a file.
  if ((await readHead(context)).head.erasures !== own.erasures) await context.reclaim?.();
}

function recordIds({ entry }: StoredEntry): string[] {
  return entry.chunks.map(({ id }) => id);
}

function generationOf(head: Head, number: number): Generation | undefined {
  return allGenerations(head).find((generation) => generation.number === number);
}

/**
 * Settles what a crash has left of writes: every intent whose time is over, or whose holder is known to have ended.
 * What others are still staging is noted, and looked at again by the first write after its time.
 */
export async function recoverIntents(context: IndexContext, endedHolder?: string): Promise<void> {
  const { keys, state, clock, unfinished } = context;
  for await (const { key, value } of scanState(state, { prefix: keys.intents })) {
    const id = key.slice(keys.intents.length);
    const intent = value as unknown as Intent;
    if (isUnderWay(intent, clock.now()) && intent.holder !== endedHolder) {
      if (intent.holder !== context.holder) unfinished.set(id, { untilMs: intent.untilMs });
      continue;
    }
    await settleIntent(context, id);
  }
}

/** Settles what earlier writes of this handle had to leave, and what others have left since. */
export async function settleUnfinished(context: IndexContext): Promise<void> {
  const { unfinished, clock } = context;
  for (const [id, own] of unfinished) {
    const foreign = "untilMs" in own;
    if (foreign && own.untilMs > clock.now()) continue;
    await settleIntent(context, id, foreign ? undefined : own);
    unfinished.delete(id);
  }
}

function isUnderWay(intent: Intent, nowMs: number): intent is Staging | Stopped {
  return "untilMs" in intent && intent.untilMs > nowMs;
}
