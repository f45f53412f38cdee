import { corpus, rawValues, redactedPolicy } from "../corpus.ts";
import { type Library, openLibrary } from "../library.ts";
import type { World } from "../world.ts";

/** A. Documents are redacted, embedded and stored; what was redacted is nowhere. */
export async function chapterA({ storage, clock, transcript, searchStored }: World): Promise<Library> {
  const { chapter, say, fact } = transcript;
  chapter("A. Four documents are indexed");
  const library = await openLibrary(storage, clock);
  const { index, embedder } = library;

  const { added, findings } = await index.upsert(corpus);
  const embedded = embedder.takeCount();
  say(`  added ${added} documents; texts embedded: ${embedded}`);
  const types = Object.entries(findings).toSorted(([a], [b]) => (a < b ? -1 : 1));
  say(`  redacted ${types.map(([type, count]) => `${count} ${type}`).join(", ")}`);
  fact("four documents were added and four texts embedded", added === 4 && embedded === 4);

  const policy = (await index.get("policy"))?.chunks.map(({ text }) => text).join("");
  say(`  policy: ${policy}`);
  fact("policy is stored exactly as it should be", policy === redactedPolicy);
  const [best] = await index.query("Who is the contact?", { topK: 1 });
  fact(`a question about the contact finds policy`, best?.id === "policy" && best.text === redactedPolicy);
  embedder.takeCount();

  const { found } = await searchStored(rawValues);
  for (const place of found) say(`  found ${place}`);
  fact("no raw value is anywhere in the storage", found.length === 0);
  return library;
}
