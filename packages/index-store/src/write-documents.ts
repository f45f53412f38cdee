import type { Breather } from "./breather.ts";
import { commitWrites } from "./commit-writes.ts";
import {
  type Beginning,
  type Change,
  type CompareOptions,
  type Comparison,
  compareDocuments,
} from "./compare-documents.ts";
import type { IndexContext } from "./context.ts";
import { type Draft, diffDocument } from "./diff.ts";
import { BATCH_DOCUMENTS, batchesOf, type DocumentSource, type SourceDocument } from "./documents.ts";
import type { IdSet } from "./id-set.ts";
import { settleUnfinished } from "./intents.ts";
import type { Lease } from "./lease.ts";
import type { DocumentProgress, Progress } from "./progress.ts";
import { type EmbeddedTexts, type StagedDraft, stageDrafts } from "./stage.ts";
import { withRetries } from "./with-retries.ts";

// Changes are written early when their texts hold more than this, or when the first has waited so long.
const MOST_CHARACTERS = 4_000_000;
const LONGEST_WAIT_MS = 1000;
// Of a longer source a few are written first. Else, where garbage is collected in the midst of the first batch, the engine
// finds nearly all that it ever made for a document still in use, and allots such objects in the old generation from then
// on: a first sync takes a quarter longer.
const FIRST_DOCUMENTS = 64;

/** What has been decided, by one head. */
type Work = Pick<Comparison, "writer" | "head" | "diff" | "changes">;

export interface WriteOptions extends CompareOptions {
  /** The lease that it is done under, where it is. */
  readonly lease?: Lease | undefined;
  /** Takes up the ids of the source. */
  readonly seen?: IdSet | undefined;
  readonly progress: Progress;
  readonly breather: Breather;
}

/**
 * Brings the index up to date with documents of a source. Changes are written batch by batch, and each batch shows at
 * once: where few of the documents have changed, those of several readings become one batch.
 */
export async function writeDocuments(
  context: IndexContext,
  source: DocumentSource,
  options: WriteOptions,
): Promise<void> {
  const { progress, breather, signal } = options;
  const writer = createWriter(context, options);
  try {
    for await (const batch of batchesOf(context, source, options)) {
      for (let rest = batch; rest.length > 0; ) {
        await breather.breathe(signal);
        const compared = await writer.compare(rest);
        rest = rest.slice(compared);
        // A short batch is the source's last.
        const last = rest.length === 0 && batch.length < BATCH_DOCUMENTS;
        if (last || writer.isFull()) await writer.write();
        progress.advance(compared, writer.news());
      }
    }
  } catch (error) {
    // What was read before the fault is written all the same. The caller hears of the first failure.
    await writer.write().catch(() => undefined);
    throw error;
  }
  await writer.write();
  const news = writer.news();
  if (news.length > 0) progress.advance(0, news);
}

/** Compares documents, and holds what has changed until there is enough of it to be written together. */
function createWriter(context: IndexContext, options: WriteOptions) {
  const { sums, progress, signal } = options;
  const { clock } = context;
  const began: Beginning = { erasures: undefined };
  let first: Comparison | undefined;
  let changes: Change[] = [];
  let held = 0;
  /** How many documents of the source have been looked at. */
  let looked = 0;
  let sinceMs = 0;
  let news: DocumentProgress[] = [];
  const tell = (document: DocumentProgress): void => {
    if (progress.heard) news.push(document);
  };
  const compare = async (
    documents: readonly SourceDocument[],
    prepared: readonly Change["draft"]["document"][],
    room: number,
  ): Promise<Comparison> => {
    const comparison = await compareDocuments(context, documents, prepared, room, began, options);
    for (const id of comparison.failed) tell({ id, outcome: "failed", reasons: [] });
    return comparison;
  };

  return {
    /** Compares documents from the front of the list, as many as fit into memory, and says how many that were. */
    compare: async (documents: readonly SourceDocument[]): Promise<number> => {
      await settleUnfinished(context);
      const few = looked === 0 && documents.length === BATCH_DOCUMENTS;
      const next = few ? documents.slice(0, FIRST_DOCUMENTS) : documents;
      const comparison = await compare(next, [], MOST_CHARACTERS - held);
      looked += comparison.compared;
      // The commit refuses what was decided by an earlier head than others: they are compared again.
      if (changes.length === 0) {
        first = comparison;
        sinceMs = clock.monotonic();
      }
      changes.push(...comparison.changes);
      held += comparison.held;
      return comparison.compared;
    },
    isFull: (): boolean =>
      changes.length >= (looked <= BATCH_DOCUMENTS ? FIRST_DOCUMENTS : BATCH_DOCUMENTS) ||
      held >= MOST_CHARACTERS ||
      (changes.length > 0 && clock.monotonic() - sinceMs >= LONGEST_WAIT_MS),
    /** Writes what has changed. It is let go of even if that fails. */
    write: async (): Promise<void> => {
      if (first === undefined || changes.length === 0) return;
      let work: Work = { ...first, changes };
      let stale = false;
      first = undefined;
      changes = [];
      held = 0;
      const embedded: EmbeddedTexts = new Map();
      const contested = (work.changes[0] as Change).source.id;
      const staged = await withRetries(contested, signal, async () => {
        if (stale) {
          const sources = work.changes.map(({ source }) => source);
          const prepared = work.changes.map(({ draft }) => draft.document);
          work = await compare(sources, prepared, Number.POSITIVE_INFINITY);
        }
        stale = true;
        return await writeChanges(context, work, embedded, options);
      });
      for (const { draft, outcome, reasons, error } of staged) {
        const { document, before } = draft;
        const { id } = document;
        document.addFindings(sums.findings);
        if (error === undefined) {
          sums.count(outcome);
          if (outcome !== "unchanged") tell({ id, outcome, reasons });
        } else {
          sums.fail({ id, error }, before !== undefined);
          tell({ id, outcome: "failed", reasons: [] });
        }
      }
    },
    /** What has been written or has failed since it was last asked. */
    news: (): readonly DocumentProgress[] => {
      const told = news;
      news = [];
      return told;
    },
  };
}

/** Embeds what has to be, and commits all of it together. */
async function writeChanges(
  context: IndexContext,
  { writer, head, diff, changes }: Work,
  embedded: EmbeddedTexts,
  { checkVectors, lease, sums, signal }: WriteOptions,
): Promise<readonly StagedDraft[]> {
  const { generation } = diff;
  const id = context.newId();
  const drafts: Draft[] = [];
  for (const { draft } of changes) drafts.push(draft);
  const staged = await stageDrafts(writer, drafts, {
    writeId: id,
    generation,
    embedded,
    tally: sums.tally,
    checkVectors,
    redraft: ({ document, before }) => diffDocument(context, document, before, { ...diff, readText: true }),
    signal,
  });
  const writes = { id, generation, head, changes: staged.changes, staged: staged.records, lease };
  await commitWrites(context, writes, signal);
  return staged.drafts;
}
