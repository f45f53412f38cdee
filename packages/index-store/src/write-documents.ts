import type { Breather } from "./breather.ts";
import { commitWrites } from "./commit-writes.ts";
import type { IndexContext } from "./context.ts";
import { type Draft, diffDocument, type Outcome } from "./diff.ts";
import { batchesOf, type DocumentSource, type SourceDocument } from "./documents.ts";
import { assertSameEmbedder } from "./head.ts";
import { settleUnfinished } from "./intents.ts";
import type { Lease } from "./lease.ts";
import type { Counts } from "./ledger.ts";
import { type PreparedDocument, prepareDocument } from "./prepare.ts";
import { readLedger } from "./read-ledger.ts";
import { addCounts } from "./redact.ts";
import { type EmbeddedTexts, stageDrafts } from "./stage.ts";
import { withRetries } from "./with-retries.ts";

// A batch is committed early when its texts hold more than this.
const BATCH_CHARACTERS = 4_000_000;

/** What `upsert` and `reindex` did: the ids of the documents by outcome, each in the order of the source. */
export interface WriteResult {
  /** Documents that the index did not have, or had hidden because they had expired. */
  readonly added: readonly string[];
  /** Documents whose chunks or vectors changed. Chunks that did not change kept their vectors. */
  readonly changed: readonly string[];
  /** Documents of which only the metadata changed. Their vectors were copied. */
  readonly metadataOnly: readonly string[];
  /** Documents of which only the ledger's own facts changed: version, expiry, subjects, the ids of the pipeline. */
  readonly touched: readonly string[];
  /** Documents of which nothing changed, and nothing was written. */
  readonly unchanged: readonly string[];
  /** How many texts were embedded. */
  readonly embeddedChunks: number;
  /** How many things were replaced in the texts and metadata that were read, by type. */
  readonly findings: Counts;
}

export interface WriteOptions {
  readonly renewTtl: boolean;
  readonly checkVectors: boolean;
  /** The whole index was embedded anew on the way, so that nothing of it is unchanged. */
  readonly migrated: { readonly embeddedChunks: number } | undefined;
  readonly breather: Breather;
  /** The lease that it is done under, where it is. */
  readonly lease: Lease | undefined;
  readonly signal: AbortSignal | undefined;
}

type Progress = { -readonly [K in Outcome]: string[] } & {
  embeddedChunks: number;
  findings: Record<string, number>;
};

/** Brings the index up to date with documents of a source, batch by batch; each batch shows at once. */
export async function writeDocuments(
  context: IndexContext,
  source: DocumentSource,
  options: WriteOptions,
): Promise<WriteResult> {
  const result: Progress = {
    added: [],
    changed: [],
    metadataOnly: [],
    touched: [],
    unchanged: [],
    embeddedChunks: options.migrated?.embeddedChunks ?? 0,
    findings: {},
  };
  for await (const batch of batchesOf(context, source, options.signal)) {
    await options.breather.breathe(options.signal);
    let done = 0;
    while (done < batch.length) done += await writeSome(context, batch.slice(done), options, result);
  }
  return result;
}

/** Writes documents from the front of the list, as many as fit into memory, and says how many that were. */
async function writeSome(
  context: IndexContext,
  documents: readonly SourceDocument[],
  options: WriteOptions,
  result: Progress,
): Promise<number> {
  const { signal, renewTtl, checkVectors, lease } = options;
  await settleUnfinished(context);
  const ids = documents.map(({ id }) => id);
  const prepared: PreparedDocument[] = [];
  const embedded: EmbeddedTexts = new Map();
  const prepare = async (i: number): Promise<PreparedDocument> => {
    const document = documents[i] as SourceDocument;
    if (i === prepared.length) prepared.push(await prepareDocument(context, document, signal));
    return prepared[i] as PreparedDocument;
  };

  const staged = await withRetries(ids[0] as string, signal, async () => {
    const { head, entries } = await readLedger(context, ids, signal);
    const generation = head.head.live;
    assertSameEmbedder(context, generation);
    const nowMs = context.clock.now();
    const drafts: Draft[] = [];
    for (let i = 0, held = 0; i < documents.length && held < BATCH_CHARACTERS; i++) {
      const document = await prepare(i);
      drafts.push(await diffDocument(context, document, entries[i], { generation, nowMs, renewTtl }));
      held += document.held();
    }
    const id = context.newId();
    const found = await stageDrafts(context, drafts, {
      writeId: id,
      generation,
      embedded,
      checkVectors,
      signal,
    });
    const changes = found.flatMap(({ change }) => change ?? []);
    const records = found.flatMap((each) => each.records);
    await commitWrites(context, { id, generation, head, changes, staged: records, lease }, signal);
    return found;
  });

  for (const { draft, outcome } of staged) {
    const again = options.migrated !== undefined && outcome !== "added";
    result[again ? "changed" : outcome].push(draft.document.id);
    addCounts(result.findings, draft.document.metadataFindings);
    if (draft.document.held() > 0) addCounts(result.findings, (await draft.document.content()).findings);
  }
  result.embeddedChunks += embedded.size;
  return staged.length;
}
