import type { Snapshot } from "@keelson/index-store";
import type { Library } from "../library.ts";
import type { World } from "../world.ts";

/** D. The snapshot comes back exactly, beside the live generation; what has expired stays hidden. */
export async function chapterD(
  { transcript }: World,
  { index, embedder }: Library,
  snapshot: Snapshot,
): Promise<void> {
  const { chapter, say, fact } = transcript;
  chapter("D. The snapshot is restored");
  embedder.takeCount();
  await index.restore(snapshot.id);
  const { documents, expired, generation } = await index.status();
  say(`  generation ${generation}: ${documents} documents, ${expired} of them expired`);
  fact("all 4 documents are back in the ledger", documents === 4 && expired === 1);
  // Taken anew from what is stored now, so that it can differ.
  const { digest } = await index.snapshot();
  say(`  digest of the restored content ${digest.slice(0, 16)}`);
  fact("the restored content equals the snapshot's digest", digest === snapshot.digest);
  fact("nothing was embedded", embedder.takeCount() === 0);

  const matches = await index.query("Is there a spring promotion?", { topK: 4 });
  fact(
    "promo, past its time, stays hidden",
    matches.every(({ id }) => id !== "promo") && matches.length === 3,
  );
  embedder.takeCount();
}
