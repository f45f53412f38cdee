import type { StateChange } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import { allGenerations, readHead } from "../head.ts";
import type { Lease } from "../lease.ts";
import { createContentDigest } from "../snapshot/content-digest.ts";
import { type DocumentImage, encodeImage, hashImage } from "../snapshot/document-image.ts";
import { encodeManifest, type Manifest, type PackRef, snapshotCorrupt } from "../snapshot/manifest.ts";
import { encodePack, type PackContent } from "../snapshot/pack.ts";
import { fromRuns, type Packed, packedRevision, toRuns } from "../snapshot/packed.ts";
import { deletePacks, listSnapshotIds } from "../snapshot/packs.ts";
import { readablePacks, tryManifest } from "../snapshot/readable-packs.ts";
import type { ErasureWork } from "./erasure-work.ts";

/** A pack without what was erased, in the place of one with it. */
interface Replacement {
  /** The new pack; `undefined` where nothing is left. */
  readonly pack: string | undefined;
  readonly bytes: number;
  /** How many documents it has. */
  readonly size: number;
  /** From old positions to new ones. */
  readonly moved: ReadonlyMap<number, number>;
  /** By old position. */
  readonly removed: ReadonlyMap<number, { readonly hash: string; readonly chunks: number }>;
}

/**
 * Rewrites every pack that holds some of it, every manifest that refers to such a pack, and the notes on where documents
 * are packed; then deletes the old packs. Dying in between leaves the old ones or the new ones in use, and doing it again
 * does the rest.
 *
 * @throws KeelsonError SNAPSHOT_CORRUPT naming a pack that cannot be read but is referred to: it may hold some of it.
 */
export async function rewritePacks(
  context: IndexContext,
  isErased: (image: DocumentImage) => boolean,
  { lease, breather, progress }: ErasureWork,
): Promise<void> {
  const { signal } = lease;
  const replacements = new Map<string, Replacement>();
  const damaged = new Set<string>();
  for await (const { pack, content } of readablePacks(context, signal)) {
    await breather.breathe(signal);
    if (content === undefined) damaged.add(pack);
    else if (content.images.some(isErased)) {
      const replacement = await replacePack(context, content, isErased, signal);
      replacements.set(pack, replacement);
      await moveNotes(context, pack, content, replacement, lease);
    }
    progress.advance(content?.images.length ?? 0);
  }
  let unreadable: { readonly snapshotId: string; readonly pack: string } | undefined;
  for (const id of await listSnapshotIds(context, signal)) {
    const manifest = await tryManifest(context, id, signal);
    // Nobody can restore a snapshot whose manifest is damaged, so that it keeps nothing.
    if (manifest === undefined) continue;
    const bad = manifest.packs.find(({ pack }) => damaged.has(pack));
    if (bad !== undefined) unreadable ??= { snapshotId: id, pack: bad.pack };
    if (!manifest.packs.some(({ pack }) => replacements.has(pack))) continue;
    const rewritten = rewriteManifest(manifest, replacements);
    await context.blobs.put(context.keys.snapshot(id), encodeManifest(rewritten), { signal });
  }
  await deletePacks(context, lease, [...replacements.keys(), ...(unreadable === undefined ? damaged : [])]);
  if (unreadable === undefined) return;
  const { snapshotId, pack } = unreadable;
  throw snapshotCorrupt(
    snapshotId,
    context.keys.pack(pack),
    "it cannot be read, so that nothing can be erased from it",
  );
}

async function replacePack(
  { blobs, keys, newId }: IndexContext,
  { dimension, images }: PackContent,
  isErased: (image: DocumentImage) => boolean,
  signal: AbortSignal,
): Promise<Replacement> {
  const moved = new Map<number, number>();
  const removed = new Map<number, { readonly hash: string; readonly chunks: number }>();
  const kept: DocumentImage[] = [];
  for (const [at, image] of images.entries()) {
    if (isErased(image)) removed.set(at, { hash: hashImage(image), chunks: image.entry.chunks.length });
    else moved.set(at, kept.push(image) - 1);
  }
  if (kept.length === 0) return { pack: undefined, bytes: 0, size: 0, moved, removed };
  const bytes = encodePack(newId(), kept.map(encodeImage), dimension);
  const pack = digest(bytes);
  await blobs.put(keys.pack(pack), bytes, { signal });
  return { pack, bytes: bytes.length, size: kept.length, moved, removed };
}

function rewriteManifest(manifest: Manifest, replacements: ReadonlyMap<string, Replacement>): Manifest {
  const content = createContentDigest(manifest.digest);
  let { documents, chunks, erased } = manifest;
  const packs = manifest.packs.flatMap((ref): PackRef[] => {
    const replacement = replacements.get(ref.pack);
    if (replacement === undefined) return [ref];
    const positions: number[] = [];
    for (const at of fromRuns(ref.runs)) {
      const gone = replacement.removed.get(at);
      if (gone === undefined) {
        positions.push(replacement.moved.get(at) as number);
        continue;
      }
      content.subtract(gone.hash);
      documents--;
      chunks -= gone.chunks;
      erased++;
    }
    const { pack, bytes } = replacement;
    return pack === undefined || positions.length === 0 ? [] : [{ pack, bytes, runs: toRuns(positions) }];
  });
  return { ...manifest, documents, chunks, erased, digest: content.value(), packs };
}

/** Lets documents that were packed in the old pack be found in the new one, so that the next snapshot leaves them alone. */
async function moveNotes(
  context: IndexContext,
  old: string,
  { images }: PackContent,
  { pack, size, moved }: Replacement,
  { fence, signal }: Lease,
): Promise<void> {
  const { keys, state } = context;
  const { head } = await readHead(context, signal);
  for (const { number } of allGenerations(head)) {
    const places = [...moved];
    const notes = await state.get(
      places.map(([at]) => keys.packedDocument(number, (images[at] as DocumentImage).id)),
      { signal },
    );
    for (const [i, note] of notes.entries()) {
      const packed = note?.value as unknown as Packed | undefined;
      const [from, to] = places[i] as [number, number];
      if (note === undefined || pack === undefined || packed?.pack !== old || packed.at !== from) continue;
      const value: Packed = { ...packed, pack, at: to, of: size, revision: packedRevision(note) };
      await moveNote(context, fence, { key: note.key, value, expect: note.revision });
    }
  }
}

// One whose document has changed meanwhile is left as it is: the next snapshot packs that document anyway.
async function moveNote({ state }: IndexContext, fence: StateChange, change: StateChange): Promise<void> {
  try {
    await state.commit([fence, change]);
  } catch (error) {
    if (!isNoteConflict(error, change)) throw error;
  }
}

function isNoteConflict(error: unknown, { key }: StateChange): boolean {
  const { code, details } = error as {
    readonly code?: unknown;
    readonly details?: { readonly key?: unknown };
  };
  return code === "STATE_CONFLICT" && details?.key === key;
}
