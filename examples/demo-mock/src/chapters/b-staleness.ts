import { changedCorpus } from "../corpus.ts";
import type { Library } from "../library.ts";
import type { World } from "../world.ts";

/** B. One source text changes, and only that one is embedded again. */
export async function chapterB({ transcript }: World, { index, embedder }: Library): Promise<void> {
  const { chapter, say, fact } = transcript;
  chapter("B. The source of pricing changes");
  const stale = await index.staleIds(changedCorpus);
  say(`  stale: ${stale.join(", ")}`);
  fact("pricing is stale, and nothing else", stale.join() === "pricing");

  const { changed, unchanged } = await index.reindex(changedCorpus);
  const embedded = embedder.takeCount();
  say(`  changed ${changed}; unchanged ${unchanged}; texts embedded: ${embedded}`);
  fact("reindex embedded that one and no other", changed === 1 && embedded === 1);

  const [best] = await index.query("What does the basic plan cost?", { topK: 1 });
  say(`  a question about the price now finds: ${best?.text}`);
  fact("queries see the new price", best?.text === "The basic plan costs 25 dollars a month.");
  embedder.takeCount();
}
