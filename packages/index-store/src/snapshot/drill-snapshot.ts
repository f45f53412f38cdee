import { assertTopK, type StateChange } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import { readTombstones } from "../erase/tombstones.ts";
import { assertSameEmbedder } from "../head.ts";
import type { Lease } from "../lease.ts";
import { isExpired } from "../ledger.ts";
import type { Progress } from "../progress.ts";
import { queryIndex, toVector } from "../query.ts";
import type { DocumentImage } from "./document-image.ts";
import { writeDrill } from "./drill-records.ts";
import { createExactSearch, type ExactSearch } from "./exact-search.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { type RestoredContent, restoreInto } from "./restore-into.ts";
import { dropScratches, listScratches, openScratch } from "./scratch.ts";
import { type SnapshotFault, unlessFaulty } from "./verify-snapshot.ts";

/** What a drill takes. */
export interface DrillProbes {
  /**
   * What to ask the restored index: texts, which need the embedder that made the snapshot, or vectors. Default: eight
   * vectors of the snapshot itself.
   */
  readonly probes?: readonly (string | Float32Array)[] | undefined;
  /** How many matches each has, at least 1. Default 10. */
  readonly topK?: number | undefined;
}

/** How the restored index answered one probe. */
export interface ProbeReport {
  /** How many matches there had to be. */
  readonly expected: number;
  /** How many of them were found, by exact search over all that the snapshot holds. */
  readonly found: number;
  /** Is that the share that the vector store promises as its recall? */
  readonly ok: boolean;
}

/** What {@link Index.drill} found. */
export interface DrillReport {
  readonly snapshotId: string;
  /** Was everything restored, with the digest of the snapshot, and did it answer as it should? */
  readonly ok: boolean;
  /** What is missing or damaged; empty when nothing is. */
  readonly faults: readonly SnapshotFault[];
  /** How the probes went. */
  readonly probes: readonly ProbeReport[];
  /** How long the restore took, from the manifest to the last document read back, in milliseconds: the time to recover. */
  readonly restoreMs: number;
  /** When the drill ended, in epoch milliseconds. */
  readonly atMs: number;
  /** How many documents were restored. */
  readonly documents: number;
  /** How many bytes were read from the blob store, but for the manifest. */
  readonly bytes: number;
  /** How many documents were left out, because they have been erased. */
  readonly leftOut: number;
}

const DEFAULT_PROBES = 8;
// Scores of one pair of vectors differ in the last digits from kernel to kernel.
const SCORE_TOLERANCE = 1e-5;

interface Probe {
  readonly vector: Float32Array;
  readonly search: ExactSearch;
}

/** Restores a snapshot into scratch, asks it, forgets the scratch, and remembers how it went. */
export async function drillSnapshot(
  context: IndexContext,
  snapshotId: string,
  { probes, topK = 10 }: DrillProbes,
  { signal }: Lease,
  breather: Breather,
  progress: Progress,
): Promise<DrillReport> {
  assertTopK(topK);
  await dropScratches(context, await listScratches(context, { signal }));
  const { clock } = context;
  const startedAt = clock.monotonic();
  const faults: SnapshotFault[] = [];
  const manifest = await unlessFaulty(faults, () => readManifest(context, snapshotId, signal));
  let content: RestoredContent = { leftOut: 0, bytes: 0 };
  let restoreMs = 0;
  let documents = 0;
  let answers: readonly ProbeReport[] = [];
  if (manifest !== undefined) {
    const scratch = await openScratch(context, manifest, signal);
    try {
      if (probes?.some((probe) => typeof probe === "string")) assertSameEmbedder(context, manifest);
      let asked = await probesOf(scratch.context, manifest, probes, topK, signal);
      const onImages = (images: readonly DocumentImage[]): void => {
        asked ??= fromImages(manifest, images, topK);
        documents += images.length;
        for (const { search } of asked) offer(search, images, clock.now());
      };
      const { live: generation } = scratch.head.head;
      const check: StateChange = { key: scratch.context.keys.head, expect: scratch.head.revision };
      const target = { context: scratch.context, generation, checks: [check] };
      const isErased = await readTombstones(context, manifest, signal);
      const options = { isErased, breather, progress, signal, onImages };
      const restored = await unlessFaulty(faults, () => restoreInto(context, manifest, target, options));
      restoreMs = clock.monotonic() - startedAt;
      content = restored ?? content;
      if (restored !== undefined) answers = await ask(scratch.context, asked ?? [], topK, signal);
    } finally {
      await dropScratches(context, [scratch.name]);
    }
  }
  const ok = faults.length === 0 && answers.every((answer) => answer.ok);
  const atMs = clock.now();
  // Of one that is gone by now nothing needs to be remembered.
  if ((await context.blobs.stat(context.keys.snapshot(snapshotId))) !== undefined)
    await writeDrill(context, snapshotId, { atMs, ok, restoreMs });
  return { snapshotId, ok, faults, probes: answers, restoreMs, atMs, documents, ...content };
}

async function probesOf(
  context: IndexContext,
  manifest: Manifest,
  probes: DrillProbes["probes"],
  topK: number,
  signal: AbortSignal,
): Promise<readonly Probe[] | undefined> {
  if (probes === undefined) return undefined;
  const asked: Probe[] = [];
  for (const probe of probes) {
    // Nobody waits for a drill: where a service is asked too often, it waits as a sync does.
    const vector = await toVector(context, probe, context.embedding.maxAttempts, signal);
    if (vector !== undefined)
      asked.push({ vector, search: createExactSearch(manifest.metric, vector, topK) });
  }
  return asked;
}

function fromImages({ metric }: Manifest, images: readonly DocumentImage[], topK: number): readonly Probe[] {
  const vectors = images.flatMap((image) => image.vectors.slice(0, 1));
  const step = Math.max(1, Math.floor(vectors.length / DEFAULT_PROBES));
  return vectors
    .filter((_, i) => i % step === 0)
    .slice(0, DEFAULT_PROBES)
    .map((vector) => ({ vector, search: createExactSearch(metric, vector, topK) }));
}

function offer(search: ExactSearch, images: readonly DocumentImage[], nowMs: number): void {
  for (const { entry, vectors } of images) {
    if (isExpired(entry, nowMs)) continue;
    for (const [i, { id }] of entry.chunks.entries()) search.offer(id, vectors[i] as Float32Array);
  }
}

async function ask(
  scratch: IndexContext,
  probes: readonly Probe[],
  topK: number,
  signal: AbortSignal,
): Promise<readonly ProbeReport[]> {
  const { recall } = scratch.vectors.capabilities;
  const answers: ProbeReport[] = [];
  for (const { vector, search } of probes) {
    const { ids, least } = search.result();
    const matches = await queryIndex(scratch, vector, { topK, signal });
    const tolerance = SCORE_TOLERANCE * Math.max(1, Math.abs(least));
    const found = matches.filter(
      ({ chunkId, score }) => ids.has(chunkId) || Math.abs(score - least) <= tolerance,
    ).length;
    const ok = matches.length === ids.size && found >= Math.floor(recall * ids.size);
    answers.push({ expected: ids.size, found, ok });
  }
  return answers;
}
