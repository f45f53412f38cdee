import type { Snapshot } from "@keelson/index-store";
import type { Library } from "../library.ts";
import type { World } from "../world.ts";

const QUESTION = "Is there a spring promotion?";

/** C. A document expires: hidden at once, swept when it suits. A snapshot is taken before. */
export async function chapterC({ clock, transcript }: World, { index }: Library): Promise<Snapshot> {
  const { chapter, say, fact } = transcript;
  chapter("C. promo lives for five seconds");
  const snapshot = await index.snapshot();
  say(`  snapshot of ${snapshot.documents} documents, digest ${snapshot.digest.slice(0, 16)}`);
  const finds = async (): Promise<boolean> => {
    const matches = await index.query(QUESTION, { topK: 4 });
    return matches.some(({ id }) => id === "promo");
  };

  await clock.advance(4000);
  fact("at 4 s a query finds it", await finds());
  await clock.advance(2000);
  fact("at 6 s no query returns it", !(await finds()) && (await index.get("promo")) === undefined);
  const before = await index.status();
  fact("it is still in the ledger, not yet swept", before.documents === 4 && before.expired === 1);

  const { removed } = await index.sweepExpired();
  say(`  swept: ${removed.join(", ")}`);
  fact("the sweep removes promo and nothing else", removed.join() === "promo");
  fact("three documents are left", (await index.status()).documents === 3);
  return snapshot;
}
