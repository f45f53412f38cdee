import { isKeelsonError, KeelsonError, type StateEntry } from "@keelson/core";
import type { Breather } from "../breather.ts";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import { type Generation, readHead } from "../head.ts";
import { type StoredEntry, toStored } from "../ledger.ts";
import { slices } from "../records.ts";
import { withRetries } from "../with-retries.ts";
import { type EncodedImage, encodeImage } from "./document-image.ts";
import { encodeManifest, type Manifest, readManifest, type Snapshot, summaryOf } from "./manifest.ts";
import { encodePack } from "./pack.ts";
import { type Packed, summarizePacked } from "./packed.ts";

const PAGE = 256;
// Few, since a document may have thousands of chunks.
const READ_DOCUMENTS = 32;
const PACK_DOCUMENTS = 512;
const PACK_BYTES = 8_000_000;
const MOST_ROUNDS = 8;

/**
 * Takes a snapshot of the live generation: packs what no pack has as it is, then names all packed documents in a
 * manifest. What has not changed since an earlier snapshot is neither read nor written.
 */
export async function takeSnapshot(
  context: IndexContext,
  breather: Breather,
  signal: AbortSignal | undefined,
): Promise<Snapshot> {
  signal?.throwIfAborted();
  const { live } = (await readHead(context, signal)).head;
  const existing = await existingPacks(context, signal);
  const packer = createPacker(context, live, signal);
  for await (const ids of unpackedDocuments(context, live, existing, breather, signal)) await packer.add(ids);
  await packer.finish();

  const createdAtMs = context.clock.now();
  const content = await summarizePacked(context, live.number, signal);
  const manifest: Manifest = {
    format: 1,
    id: `${new Date(createdAtMs).toISOString().replaceAll(/[-:.]/g, "")}-${content.digest.slice(0, 12)}`,
    index: context.name,
    createdAtMs,
    embedder: live.embedder,
    dimension: live.dimension,
    metric: live.metric,
    ...content,
  };
  try {
    await context.blobs.put(context.keys.snapshot(manifest.id), encodeManifest(manifest), {
      ifAbsent: true,
      signal,
    });
  } catch (error) {
    // Taken in the same millisecond of the same content: it is the same snapshot.
    if (!isKeelsonError(error, "BLOB_EXISTS")) throw error;
    return summaryOf(await readManifest(context, manifest.id, signal));
  }
  return summaryOf(manifest);
}

async function existingPacks(
  context: IndexContext,
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  const { blobs, keys } = context;
  const found = new Set<string>();
  let after: string | undefined;
  while (true) {
    const page = await blobs.list(keys.packs, { after, signal });
    for (const { key } of page) found.add(key.slice(keys.packs.length));
    after = page.at(-1)?.key;
    if (after === undefined) return found;
  }
}

/** The documents that no existing pack holds as they are, by ascending id, in batches. */
async function* unpackedDocuments(
  context: IndexContext,
  { number }: Generation,
  existing: ReadonlySet<string>,
  breather: Breather,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly string[]> {
  const { state, keys } = context;
  const prefix = keys.documents(number);
  let after: string | undefined;
  while (true) {
    await breather.breathe(signal);
    const page = await state.scan({ prefix, after, limit: PAGE, signal });
    const ids = page.map(({ key }) => key.slice(prefix.length));
    const packed = await state.get(
      ids.map((id) => keys.packedDocument(number, id)),
      { signal },
    );
    yield ids.filter((_, i) => !isPacked(page[i] as StateEntry, packed[i], existing));
    after = page.at(-1)?.key;
    if (after === undefined) return;
  }
}

function isPacked(entry: StateEntry, found: StateEntry | undefined, existing: ReadonlySet<string>): boolean {
  if (found === undefined) return false;
  const { pack, revision } = found.value as unknown as Packed;
  return revision === entry.revision && existing.has(pack);
}

interface PackedImage {
  readonly id: string;
  readonly stored: StoredEntry;
  readonly image: EncodedImage;
}

function createPacker(context: IndexContext, generation: Generation, signal: AbortSignal | undefined) {
  const { state, blobs, keys } = context;
  const { number, dimension } = generation;
  let images: PackedImage[] = [];
  let bytes = 0;

  /** Reads documents whole, and leaves out those that were removed meanwhile. */
  const readImages = async (ids: readonly string[]): Promise<PackedImage[]> => {
    const found = new Map<string, PackedImage>();
    let left = ids;
    for (let round = 1; left.length > 0; round++) {
      const entries = await state.get(
        left.map((id) => keys.document(number, id)),
        { signal },
      );
      const known = left.flatMap((id, i) => {
        const stored = toStored(entries[i]);
        return stored === undefined
          ? []
          : [{ id, stored, records: stored.entry.chunks.map((chunk) => chunk.id) }];
      });
      const records = await context.recordsOf(generation, signal);
      const read = await records.get(
        known.flatMap((each) => each.records),
        { signal },
      );
      for (const { id, stored, records: wanted } of known) {
        const parts = wanted.flatMap((each) => read.get(each) ?? []);
        if (parts.length === wanted.length) {
          const texts = parts.map(({ text }) => text ?? "");
          const vectors = parts.map(({ vector }) => vector);
          found.set(id, { id, stored, image: encodeImage({ id, entry: stored.entry, texts, vectors }) });
        } else if (round === MOST_ROUNDS) {
          throw new KeelsonError("VECTORS_MISSING", `the vector store has lost chunks of ${id}`, {
            details: { index: context.name, documentId: id, missing: wanted.length - parts.length },
          });
        }
      }
      // Replaced between the two reads, most likely: then the ledger has a newer entry.
      left = known.map(({ id }) => id).filter((id) => !found.has(id));
    }
    return ids.flatMap((id) => found.get(id) ?? []);
  };

  const flush = async (): Promise<void> => {
    const [first] = images;
    if (first === undefined) return;
    const content = encodePack(
      images.map(({ image }) => image),
      dimension,
    );
    const pack = digest(content);
    await blobs.put(keys.pack(pack), content, { signal });
    const written = images;
    images = [];
    bytes = 0;
    // What was written meanwhile is packed as it was, and will be found to have changed; what was removed is left out.
    await withRetries(first.id, signal, async () => {
      const now = await state.get(
        written.map(({ id }) => keys.document(number, id)),
        { signal },
      );
      const changes = written.flatMap(({ id, stored, image }, at) => {
        const { revision, entry } = stored;
        const current = now[at];
        if (current === undefined) return [];
        const value: Packed = { pack, at, revision, hash: image.hash, chunks: entry.chunks.length };
        return [
          { key: keys.document(number, id), expect: current.revision },
          { key: keys.packedDocument(number, id), value },
        ];
      });
      await state.commit(changes, { signal });
    });
  };

  return {
    add: async (ids: readonly string[]): Promise<void> => {
      for (const batch of slices(ids, READ_DOCUMENTS)) {
        for (const found of await readImages(batch)) {
          images.push(found);
          bytes += found.image.json.length + found.image.floats.length;
          if (images.length >= PACK_DOCUMENTS || bytes >= PACK_BYTES) await flush();
        }
      }
    },
    finish: flush,
  };
}
