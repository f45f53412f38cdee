import type { IndexContext } from "../context.ts";
import type { Generation } from "../head.ts";
import type { DocumentImage } from "../snapshot/document-image.ts";
import type { PackContent } from "../snapshot/pack.ts";
import type { Packed } from "../snapshot/packed.ts";
import { tryPack } from "../snapshot/readable-packs.ts";

const MOST_PACKS = 8;

/** The documents of a generation as snapshots have them. */
export interface PackSource {
  imageOf(id: string, signal: AbortSignal): Promise<DocumentImage | undefined>;
}

/** Keeps the packs that were read last: documents that follow each other are in one pack as a rule. */
export function createPackSource(context: IndexContext, { number }: Generation): PackSource {
  const packs = new Map<string, PackContent | undefined>();
  return {
    imageOf: async (id, signal) => {
      const [note] = await context.state.get([context.keys.packedDocument(number, id)], { signal });
      if (note === undefined) return undefined;
      const { pack, at } = note.value as unknown as Packed;
      const content = packs.has(pack) ? packs.get(pack) : await tryPack(context, pack, signal);
      packs.delete(pack);
      packs.set(pack, content);
      const [oldest] = packs.keys();
      if (packs.size > MOST_PACKS && oldest !== undefined) packs.delete(oldest);
      const image = content?.images[at];
      return image?.id === id ? image : undefined;
    },
  };
}
