import { type Revision, type StateEntry, scanState } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import { createContentDigest } from "./content-digest.ts";
import type { Manifest, PackRef } from "./manifest.ts";

/** Where a document of a generation is packed. */
export type Packed = {
  readonly pack: string;
  /** Its position in the pack. */
  readonly at: number;
  /** How many documents the pack has. */
  readonly of: number;
  /** The revision of the ledger entry that was packed; without it, the revision of this very note. */
  readonly revision?: Revision;
  /** The hash of its image. */
  readonly hash: string;
  readonly chunks: number;
};

/** As of which revision of its ledger entry is a document packed? */
export function packedRevision(found: StateEntry): Revision {
  return (found.value as unknown as Packed).revision ?? found.revision;
}

/** How much of a pack is in use. */
interface PackUse {
  readonly documents: number;
  readonly of: number;
}

/** What all packed documents of a generation are together. */
export interface PackedSummary extends Pick<Manifest, "documents" | "chunks" | "digest" | "packs"> {
  readonly use: ReadonlyMap<string, PackUse>;
}

/** @param sizes How many bytes each pack has. */
export async function summarizePacked(
  context: IndexContext,
  generation: number,
  sizes: ReadonlyMap<string, number>,
  signal: AbortSignal | undefined,
): Promise<PackedSummary> {
  const { state, keys } = context;
  const digest = createContentDigest();
  const positions = new Map<string, { readonly list: number[]; readonly of: number }>();
  let [documents, chunks] = [0, 0];
  for await (const { value } of scanState(state, { prefix: keys.packed(generation), signal })) {
    const packed = value as unknown as Packed;
    digest.add(packed.hash);
    documents++;
    chunks += packed.chunks;
    const known = positions.get(packed.pack);
    if (known === undefined) positions.set(packed.pack, { list: [packed.at], of: packed.of });
    else known.list.push(packed.at);
  }
  const packs = [...positions].map(
    ([pack, { list }]): PackRef => ({ pack, bytes: sizes.get(pack) ?? 0, runs: toRuns(list) }),
  );
  packs.sort((a, b) => (a.pack < b.pack ? -1 : 1));
  const use = new Map([...positions].map(([pack, { list, of }]) => [pack, { documents: list.length, of }]));
  return { documents, chunks, digest: digest.value(), packs, use };
}

/** Ascending numbers as first, length, first, length, … */
export function toRuns(positions: readonly number[]): number[] {
  const runs: number[] = [];
  let next = -1;
  for (const position of [...positions].sort((a, b) => a - b)) {
    if (position === next) runs[runs.length - 1] = (runs.at(-1) as number) + 1;
    else runs.push(position, 1);
    next = position + 1;
  }
  return runs;
}

export function* fromRuns(runs: readonly number[]): Generator<number> {
  for (let i = 0; i < runs.length; i += 2) {
    const first = runs[i] as number;
    for (let position = first; position < first + (runs[i + 1] as number); position++) yield position;
  }
}
