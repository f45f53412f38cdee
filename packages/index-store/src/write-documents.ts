import { KeelsonError, type VectorRecord } from "@keelson/core";
import type { Breather } from "./breather.ts";
import { commitWrites } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { type DiffOptions, type Draft, diffDocument } from "./diff.ts";
import { batchesOf, type DocumentSource, type SourceDocument } from "./documents.ts";
import { erasedSince } from "./erase/tombstones.ts";
import { forGeneration } from "./head.ts";
import { settleUnfinished } from "./intents.ts";
import type { Lease } from "./lease.ts";
import type { EntryChange } from "./ledger.ts";
import { prepareDocument } from "./prepare.ts";
import type { DocumentProgress, Progress } from "./progress.ts";
import { readLedger } from "./read-ledger.ts";
import { type EmbeddedTexts, stageDrafts } from "./stage.ts";
import { withRetries } from "./with-retries.ts";
import { isDocumentFault, type WriteSums } from "./write-result.ts";

// A batch is committed early when its texts hold more than this.
const BATCH_CHARACTERS = 4_000_000;

export interface WriteOptions {
  /** Does a time to live count from now, even if nothing else changed? */
  readonly renewTtl: boolean;
  readonly checkVectors: boolean;
  /** The lease that it is done under, where it is. */
  readonly lease?: Lease | undefined;
  /** Takes up the ids of the source. */
  readonly seen?: Set<string> | undefined;
  /** Throws to refuse what a document has come to be. */
  readonly check?: ((draft: Draft) => void) | undefined;
  readonly sums: WriteSums;
  readonly progress: Progress;
  readonly breather: Breather;
  readonly signal: AbortSignal | undefined;
}

/** Brings the index up to date with documents of a source, batch by batch; each batch shows at once. */
export async function writeDocuments(
  context: IndexContext,
  source: DocumentSource,
  options: WriteOptions,
): Promise<void> {
  const began: Beginning = { erasures: undefined };
  for await (const batch of batchesOf(context, source, options)) {
    let rest = batch;
    while (rest.length > 0) {
      await options.breather.breathe(options.signal);
      rest = rest.slice(await writeSome(context, rest, began, options));
    }
  }
}

const NONE: ReadonlySet<string> = new Set();

function documentErased(documentId: string): KeelsonError<"DOCUMENT_ERASED"> {
  return new KeelsonError("DOCUMENT_ERASED", `the document ${documentId} was erased after the write began`, {
    details: { documentId },
  });
}

interface Failure {
  readonly id: string;
  /** Does the index have it? */
  readonly known: boolean;
  readonly error: KeelsonError;
}

/** How many erasures there had been when a call first looked: what a later one erased is not written. */
interface Beginning {
  erasures: number | undefined;
}

/** Writes documents from the front of the list, as many as fit into memory, and says how many that were. */
async function writeSome(
  context: IndexContext,
  documents: readonly SourceDocument[],
  began: Beginning,
  options: WriteOptions,
): Promise<number> {
  const { signal, renewTtl, checkVectors, lease, sums, progress } = options;
  await settleUnfinished(context);
  const ids = documents.map(({ id }) => id);
  const embedded: EmbeddedTexts = new Map();
  const drafter = createDrafter(context, documents, signal);

  const { drafts, staged, failures } = await withRetries(ids[0] as string, signal, async () => {
    const { head, entries } = await readLedger(context, ids, signal);
    const generation = head.head.live;
    const writer = forGeneration(context, generation);
    const diff: DiffOptions = { generation, nowMs: context.clock.now(), renewTtl };
    const { erasures = 0 } = head.head;
    began.erasures ??= erasures;
    const late = erasures === began.erasures ? NONE : await erasedSince(context, documents, began.erasures);
    const made = await drafter.draft(entries, diff, late);
    for (const draft of made.drafts) options.check?.(draft);
    const writeId = context.newId();
    const work = checkVectors ? made.drafts : made.drafts.filter(({ outcome }) => outcome !== "unchanged");
    const found = await stageDrafts(writer, work, {
      writeId,
      generation,
      embedded,
      tally: sums.tally,
      checkVectors,
      redraft: ({ document, before }) => diffDocument(context, document, before, { ...diff, readText: true }),
      signal,
    });
    const changes: EntryChange[] = [];
    const records: VectorRecord[] = [];
    for (const each of found) {
      if (each.change !== undefined) changes.push(each.change);
      for (const record of each.records) records.push(record);
    }
    await commitWrites(context, { id: writeId, generation, head, changes, staged: records, lease }, signal);
    return { ...made, staged: found };
  });

  for (const { document } of drafts) document.addFindings(sums.findings);
  const written: DocumentProgress[] = [];
  for (const { draft, outcome, reasons, error } of staged) {
    const { id } = draft.document;
    if (error !== undefined) failures.push({ id, known: draft.before !== undefined, error });
    else {
      sums.count(outcome);
      if (progress.heard && outcome !== "unchanged") written.push({ id, outcome, reasons });
    }
  }
  sums.count("unchanged", drafts.length - staged.length);
  for (const { id, known, error } of failures) {
    sums.fail({ id, error }, known);
    if (progress.heard) written.push({ id, outcome: "failed", reasons: [] });
  }
  const done = drafts.length + failures.length - staged.filter(({ error }) => error !== undefined).length;
  progress.advance(done, written);
  return done;
}

/** Prepares each document once, however often it has to be compared with the ledger. */
function createDrafter(
  context: IndexContext,
  documents: readonly SourceDocument[],
  signal: AbortSignal | undefined,
) {
  const prepared: Draft["document"][] = [];
  return {
    draft: async (
      entries: readonly Draft["before"][],
      options: DiffOptions,
      erased: ReadonlySet<string>,
    ): Promise<{ readonly drafts: Draft[]; readonly failures: Failure[] }> => {
      const drafts: Draft[] = [];
      const failures: Failure[] = [];
      for (let i = 0, held = 0; i < documents.length && held < BATCH_CHARACTERS; i++) {
        const source = documents[i] as SourceDocument;
        if (erased.has(source.id)) {
          failures.push({ id: source.id, known: entries[i] !== undefined, error: documentErased(source.id) });
          continue;
        }
        try {
          const preparing = prepared[i] ?? prepareDocument(context, source, signal);
          const document = preparing instanceof Promise ? await preparing : preparing;
          prepared[i] = document;
          const drafting = diffDocument(context, document, entries[i], options);
          drafts.push(drafting instanceof Promise ? await drafting : drafting);
          held += document.held();
        } catch (error) {
          if (!isDocumentFault(error)) throw error;
          failures.push({ id: source.id, known: entries[i] !== undefined, error });
        }
      }
      return { drafts, failures };
    },
  };
}
