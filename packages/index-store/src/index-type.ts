import type { AbortOptions, IndexControl } from "@keelson/core";
import type { ApplyOptions } from "./apply-plan.ts";
import type { CheckOptions, ReconcileOptions } from "./call-options.ts";
import type { DocumentSource, SourceDocument } from "./documents.ts";
import type { ErasureRequest } from "./erase/erase-documents.ts";
import type { ErasureReceipt } from "./erase/receipt.ts";
import type { GenerationInfo } from "./list-generations.ts";
import type { Plan } from "./plan.ts";
import type { PlanOptions } from "./plan-sync.ts";
import type { ProgressOptions } from "./progress.ts";
import type { IndexMatch, IndexQueryOptions } from "./query.ts";
import type { IndexedDocument, IndexStatus } from "./read-index.ts";
import type { RebuildOptions, RebuildResult } from "./rebuild-index.ts";
import type { ReconcileReport } from "./reconcile/reconcile-index.ts";
import type { RemoveResult, SweepResult } from "./remove-documents.ts";
import type { IndexSnapshots } from "./snapshot/index-snapshots.ts";
import type { Explanation } from "./staleness.ts";
import type { SyncOptions } from "./sync-documents.ts";
import type { TouchOptions, TouchResult } from "./touch-documents.ts";
import type { WriteResult } from "./write-result.ts";

/**
 * A RAG index that cannot drift from its ledger. What the ledger lists is visible, whole; nothing else is.
 *
 * Several handles may be open on one index, in one process or in several. Every call rejects with STORE_CLOSED once
 * the handle is closed.
 */
export interface Index extends IndexSnapshots {
  /** The index's name. */
  readonly name: string;

  /**
   * Writes documents: adds new ones, and of known ones only what changed. Unchanged chunks keep their vectors, a change
   * of metadata embeds nothing. A time to live starts anew.
   *
   * A source is read in batches, and what has changed is written in batches, each of which shows at once: when the call
   * rejects or is aborted, every document is as it was or as it shall be, and calling again does the rest. A change waits
   * for others to be written with for a second at the most, or until the next documents of a slow source.
   *
   * A document that cannot be redacted, cut or embedded stays as it was and is one of the result's `failures`; the
   * others are written. Look at `failed`.
   *
   * @throws KeelsonError ID_INVALID, ID_DUPLICATE, VALUE_INVALID or ARGUMENT_INVALID for a document that
   * cannot be one. Of a list nothing is written then.
   * @throws KeelsonError REDACTION_FAILED, CHUNKING_FAILED or EMBEDDING_FAILED when there was something to write and
   * nothing could be. EMBEDDING_FAILED also as soon as the embedder is found to be down.
   * @throws KeelsonError EMBEDDER_MISMATCH when another embedder made the index: `reindex` moves it. An empty
   * index is moved without being asked.
   * @throws KeelsonError DOCUMENT_CONFLICT when others changed the same document 32 times meanwhile.
   */
  upsert(documents: DocumentSource, options?: CheckOptions): Promise<WriteResult>;

  /**
   * Brings the index up to date with a source: embeds what is stale, nothing else. A `full` source is all that the index
   * shall hold, and what it has no more is removed once it has been read to its end; with an `incremental` one the rest
   * stays. A time to live goes on running.
   *
   * One sync works at a time, in whatever process: another waits for it, and then finds the work done. Writes and
   * queries of others go on.
   *
   * When another embedder made the index, all of it is embedded anew from the stored chunks first, into a generation
   * beside the live one that then takes its place; others query and write the old one meanwhile. If that fails, what
   * was embedded is kept for the next attempt.
   *
   * It rejects as {@link Index.upsert} does, but never with EMBEDDER_MISMATCH.
   *
   * @throws KeelsonError DELETIONS_REFUSED when a full sync would remove more than `maxDeleteRatio` of the index. What
   * the source names has been written, nothing has been removed.
   * @throws KeelsonError LEASE_LOST when another took over, since this process did not renew its lease in time.
   */
  sync(source: DocumentSource, options: SyncOptions): Promise<WriteResult>;

  /**
   * What {@link Index.sync} would do: which documents it would add, change and remove and why, and what it would embed
   * and at what cost. It writes nothing. A plan is JSON: save it, show it by `formatPlan`, apply it later.
   *
   * It rejects as `sync` does for a source that cannot be read.
   */
  plan(source: DocumentSource, options: PlanOptions): Promise<Plan>;

  /**
   * Does what a plan says, and nothing else. Of the source it reads the documents that the plan adds or changes.
   *
   * @throws KeelsonError PLAN_OUTDATED when one of the plan's documents was written since, the source has it no more or
   * has another text for it, another generation is live, or this handle would embed all anew where the plan does not, or
   * the other way round. Before anything is written, as far as the index itself can
   * tell; after that each document is as it was or as planned, and removals come last.
   * @throws KeelsonError ARGUMENT_INVALID for what is no plan of this index: one of the same name in another storage is
   * another index.
   * @throws KeelsonError DELETIONS_REFUSED before anything is written.
   */
  apply(plan: Plan, source: DocumentSource, options?: ApplyOptions): Promise<WriteResult>;

  /** The same as {@link Index.sync} with an `incremental` source: documents that it does not name stay. */
  reindex(source: DocumentSource, options?: CheckOptions): Promise<WriteResult>;

  /**
   * Removes documents; they are hidden at once and then deleted. Unknown ids are no error.
   *
   * @throws KeelsonError ID_INVALID or ID_DUPLICATE before anything is removed.
   */
  remove(ids: readonly string[], options?: ProgressOptions): Promise<RemoveResult>;

  /**
   * The closest chunks, best first, ties by document id and place in the document. Several may be of one document.
   * What is expired, removed or not yet committed is never among them, and `topK` come back where that many are
   * visible. A text is redacted before it is embedded; a blank one finds nothing.
   *
   * @throws KeelsonError TOP_K_INVALID, FILTER_INVALID, VECTOR_DIMENSION_MISMATCH or VECTOR_NOT_FINITE.
   * @throws KeelsonError EMBEDDER_MISMATCH when another embedder made the live generation.
   * @throws KeelsonError REDACTION_FAILED or EMBEDDING_FAILED. The embedder is asked once, since whoever waits knows how
   * long: where the error is `retryable`, ask again after its `retryAfterMs`.
   */
  query(textOrVector: string | Float32Array, options?: IndexQueryOptions): Promise<IndexMatch[]>;

  /** A document as the index has it; `undefined` where it has none, or it has expired. */
  get(id: string, options?: AbortOptions): Promise<IndexedDocument | undefined>;

  /**
   * Would `reindex` write this document? With an equal `version` its text is not read.
   *
   * It rejects as {@link Index.upsert} does for a document that cannot be one, or cannot be redacted or cut.
   */
  isStale(document: SourceDocument, options?: CheckOptions): Promise<boolean>;

  /** The ids of the documents that `reindex` would write, new ones included, in the order of the source. */
  staleIds(source: DocumentSource, options?: CheckOptions): Promise<string[]>;

  /**
   * What the index knows of a document, and why it is stale. The source's document makes the reasons complete, and tells
   * what a sync would do.
   */
  explain(id: string, document?: SourceDocument, options?: AbortOptions): Promise<Explanation>;

  /**
   * Removes the documents that have expired; queries have hidden them since. The cost is that of what expires, not of
   * what there is. In batches: when it rejects or is aborted, each document is there whole or gone.
   */
  sweepExpired(options?: ProgressOptions): Promise<SweepResult>;

  /**
   * Gives documents another time to live without reading their text or embedding anything; it can be shorter too. What
   * has expired stays hidden. The next `reindex` leaves the new time alone where the source gives the same `ttlMs` as
   * before; where it gives a time of its own, or none, that holds again.
   *
   * @throws KeelsonError ID_INVALID or ID_DUPLICATE, or ARGUMENT_INVALID unless exactly one time is given; nothing is
   * changed then.
   * @throws KeelsonError DOCUMENT_CONFLICT when others changed the same document 32 times meanwhile.
   */
  touch(ids: readonly string[], options: TouchOptions): Promise<TouchResult>;

  /**
   * Builds a new generation by another embedder, chunker or redactor, from the stored and redacted chunks, beside the
   * live one; reads back whether the vector store has it all; and makes it live. Queries and writes go on meanwhile, and
   * what is written is copied before the swap. This handle works with the new pipeline from then on; others do if they
   * know the embedder, see the option `embedders`. The generation that was live is kept for a roll-back, and the
   * one kept before it is dropped unless it is pinned.
   *
   * Chunks whose text and embedder stay the same keep their vectors. A document whose chunks do not make up its whole
   * text cannot be cut anew from them: it keeps its cutting and is stale by `chunker`, for the next sync with its source.
   *
   * When it rejects or is aborted, the live generation is as it was; what has been built is kept for the next attempt of
   * the same kind.
   *
   * @throws KeelsonError EMBEDDING_FAILED, REDACTION_FAILED or CHUNKING_FAILED: a generation is whole or it is none.
   * @throws KeelsonError VECTORS_MISSING when the vector store did not keep what it was given.
   * @throws KeelsonError LEASE_LOST
   */
  rebuild(options?: RebuildOptions): Promise<RebuildResult>;

  /** All generations, by number. */
  generations(options?: AbortOptions): Promise<GenerationInfo[]>;

  /**
   * Makes the generation live that was so before, at once. What was written since is not in it; the next sync makes up
   * for that. Calling it again goes forward again.
   *
   * @returns The number of the generation that is live now.
   * @throws KeelsonError INDEX_TARGET_NOT_FOUND when none is kept.
   */
  rollbackGeneration(options?: AbortOptions): Promise<number>;

  /**
   * Makes a generation live that is kept, at once.
   *
   * @returns The number of the generation that is live now.
   * @throws KeelsonError INDEX_TARGET_NOT_FOUND when it is not there, or not whole.
   */
  makeLive(generation: number, options?: AbortOptions): Promise<number>;

  /**
   * Drops a generation with all its vectors.
   *
   * @throws KeelsonError INDEX_TARGET_NOT_FOUND when it is not there; ARGUMENT_INVALID for the live one;
   * INDEX_TARGET_PINNED when a holder keeps it.
   */
  dropGeneration(generation: number, options?: AbortOptions): Promise<void>;

  /**
   * What a release manager needs of the index, to pin and move it together with a release. Like every call it rejects
   * once the handle is closed, so close it after the last of these.
   */
  readonly control: IndexControl;

  /**
   * Erases documents by id, or all that are about a subject: from the ledger, the vector store, what other writers have
   * staged, all generations and all snapshots, which are rewritten without them. Then it asks the storage to reclaim, so
   * that they are in no file of it. A tombstone, a keyed digest, keeps them out of every restore of a snapshot that was
   * taken before, such as a copy kept elsewhere. What has been erased already does no harm.
   *
   * From its first commit on, no write that began before brings them back: such a write reports them with DOCUMENT_ERASED,
   * and takes away what it staged without having heard of the erasure; the receipt counts such writes as `stoppedWrites`.
   * Once the call has resolved nobody sees them any more. A write that begins after that writes them as new, so take them
   * from the source first; what is written in between may be erased with the rest. A restore that is under way is given
   * up.
   *
   * It reads every pack; erase many ids at once. When it rejects or the process ends on the way, the next opening or
   * erasure does the rest, also of what was written of these documents until then. An abort before the first commit leaves everything as it was.
   *
   * @throws KeelsonError ARGUMENT_INVALID, ID_INVALID or ID_DUPLICATE before anything is erased.
   * @throws KeelsonError SNAPSHOT_CORRUPT when a pack of a snapshot cannot be read: it may hold some of it. All the rest
   * is erased then; forget that snapshot, and erase again.
   */
  erase(request: ErasureRequest, options?: ProgressOptions): Promise<ErasureReceipt>;

  /** What erasures did that have ended, oldest first. */
  erasures(options?: AbortOptions): Promise<ErasureReceipt[]>;

  /**
   * Compares the vector store with the ledger: finds records that are missing, that differ in text, vector or metadata
   * from what was written, and that nothing lists. All kept generations are looked at, batch by batch; writes go on
   * meanwhile. It reads every vector.
   *
   * With `repair`, what is missing or differs is written again: from another chunk of the same text, from the newest
   * snapshot, or embedded anew from its text. A document of which a text is nowhere left becomes stale by
   * `missing-vectors`, so that the next sync with its source embeds it. Foreign records are deleted. Calling it again
   * after a rejection or an abort does the rest.
   *
   * @throws KeelsonError EMBEDDING_FAILED when a text that has to be embedded cannot be.
   * @throws KeelsonError LEASE_LOST
   */
  reconcile(options?: ReconcileOptions): Promise<ReconcileReport>;

  /** What is in the index. It reads the whole ledger. */
  status(options?: AbortOptions): Promise<IndexStatus>;

  /** Waits for the calls under way and closes the handle; the storage stays open. Closing twice is no error. */
  close(): Promise<void>;
}
