import { KeelsonError } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { digest } from "../digest.ts";
import type { Generation } from "../head.ts";
import type { Lease } from "../lease.ts";
import { type StoredEntry, toStored } from "../ledger.ts";
import { slices } from "../records.ts";
import { withRetries } from "../with-retries.ts";
import { type EncodedImage, encodeImage } from "./document-image.ts";
import { encodePack } from "./pack.ts";
import type { Packed } from "./packed.ts";

// Few, since a document may have thousands of chunks.
const READ_DOCUMENTS = 32;
const PACK_DOCUMENTS = 512;
const PACK_BYTES = 8_000_000;
const MOST_ROUNDS = 8;

/** Puts documents into packs. */
export interface Packer {
  /** Reads documents and packs them as they are now; those that are gone are left out. */
  add(ids: readonly string[]): Promise<void>;
  /** Writes what is not written yet. */
  finish(): Promise<void>;
}

interface PackedImage {
  readonly id: string;
  readonly stored: StoredEntry;
  readonly image: EncodedImage;
}

/** @param sizes Gets what is written. */
export function createPacker(
  context: IndexContext,
  generation: Generation,
  { fence, signal, assertKept }: Lease,
  sizes: Map<string, number>,
): Packer {
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
    const written = images;
    const content = encodePack(
      context.newId(),
      written.map(({ image }) => image),
      dimension,
    );
    images = [];
    bytes = 0;
    const pack = digest(content);
    await blobs.put(keys.pack(pack), content, { signal });
    try {
      await withRetries(first.id, signal, () => note(pack, written));
    } catch (error) {
      // Nothing refers to it. If it stays, the next collection takes it.
      await Promise.resolve(blobs.delete(keys.pack(pack))).catch(() => {});
      throw error;
    }
    sizes.set(pack, content.length);
  };

  // What was written meanwhile is packed as it was, and will be found to have changed; what was removed is left out.
  const note = async (pack: string, written: readonly PackedImage[]): Promise<void> => {
    const now = await state.get(
      written.map(({ id }) => keys.document(number, id)),
      { signal },
    );
    const of = written.length;
    const changes = written.flatMap(({ id, stored, image: { hash } }, at) => {
      const { revision, entry } = stored;
      const current = now[at];
      if (current === undefined) return [];
      const value: Packed = { pack, at, of, revision, hash, chunks: entry.chunks.length };
      return [
        { key: keys.document(number, id), expect: current.revision },
        { key: keys.packedDocument(number, id), value },
      ];
    });
    try {
      await state.commit([fence, { key: keys.anyPacked(number), value: null }, ...changes], { signal });
    } catch (error) {
      assertKept(error);
      throw error;
    }
  };

  return {
    add: async (ids) => {
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
