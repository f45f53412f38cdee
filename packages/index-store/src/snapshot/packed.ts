import { createHash } from "node:crypto";
import { type Revision, scanState } from "@keelson/core";
import type { IndexContext } from "../context.ts";
import type { Manifest, PackRef } from "./manifest.ts";

/** Where a document of a generation is packed. */
export type Packed = {
  readonly pack: string;
  /** Its position in the pack. */
  readonly at: number;
  /** The revision of the ledger entry that was packed. */
  readonly revision: Revision;
  /** The hash of its image. */
  readonly hash: string;
  readonly chunks: number;
};

/** What all packed documents of a generation are together. */
export async function summarizePacked(
  context: IndexContext,
  generation: number,
  signal: AbortSignal | undefined,
): Promise<Pick<Manifest, "documents" | "chunks" | "digest" | "packs">> {
  const { state, keys } = context;
  const hash = createHash("sha256");
  const positions = new Map<string, number[]>();
  let [documents, chunks] = [0, 0];
  for await (const { value } of scanState(state, { prefix: keys.packed(generation), signal })) {
    const packed = value as unknown as Packed;
    hash.update(packed.hash);
    documents++;
    chunks += packed.chunks;
    const list = positions.get(packed.pack);
    if (list === undefined) positions.set(packed.pack, [packed.at]);
    else list.push(packed.at);
  }
  const packs = [...positions].map(([pack, list]): PackRef => ({ pack, runs: toRuns(list) }));
  packs.sort((a, b) => (a.pack < b.pack ? -1 : 1));
  return { documents, chunks, digest: hash.digest("base64url"), packs };
}

/** Ascending numbers as first, length, first, length, … */
function toRuns(positions: readonly number[]): number[] {
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
