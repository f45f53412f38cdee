import { isKeelsonError, type Revision, scanState } from "@keelson/core";
import type { IndexContext } from "./context.ts";
import { allGenerations, type Generation, type Head, readHead } from "./head.ts";
import { type StoredEntry, toStored } from "./ledger.ts";

/**
 * What a write owes the vector store: records that it stages, invisible and to be deleted unless its ledger commit
 * takes place, or records that it replaced and has still to collect. The ledger commit expects the intent as it was
 * written, so whoever takes the intent away has stopped the write.
 */
export type Intent = Staging | Collecting;

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

/** What the writer of an intent knows beyond it. */
export interface OwnWrite {
  readonly generation: Generation;
  readonly documentIds: readonly string[];
  readonly staged: readonly string[];
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
    const records = "collect" in intent ? intent.collect : intent.staged;
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
  const found = generationOf((await readHead(context)).head, generation);
  // A generation that is gone took its records along.
  if (found !== undefined) await (await context.recordsOf(found)).delete(records);
  await context.state.commit([{ key: context.keys.intent(id), delete: true }]);
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
  await (await context.recordsOf(own.generation)).delete(own.staged.filter((id) => !listed.has(id)));
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

function isUnderWay(intent: Intent, nowMs: number): intent is Staging {
  return "staged" in intent && intent.untilMs > nowMs;
}
