import type { Storage } from "@keelson/core";
import { createReleaseManager } from "@keelson/release";
import { createSecretStore } from "@keelson/secrets";
import { rawValues, redactedPolicy } from "../corpus.ts";
import { openLibrary } from "../library.ts";
import type { World } from "../world.ts";

/** Has the story been told in this storage? */
export async function isThere({ vectors }: Storage): Promise<boolean> {
  const collections = await vectors.list();
  return collections.length > 0;
}

/** What the story left in a directory is there on the next day, in another process. */
export async function foundAgain({ storage, clock, transcript, searchStored }: World): Promise<void> {
  const { chapter, say, fact } = transcript;
  chapter("Found again: what an earlier run left");
  const { index, embedder } = await openLibrary(storage, clock);
  const { documents, chunks, generation } = await index.status();
  say(`  index docs: ${documents} documents, ${chunks} chunks, generation ${generation}`);
  fact("the four documents are there", documents === 4);
  const [best] = await index.query("Who is the contact?", { topK: 1 });
  say(`  best match for a question about the contact: ${best?.text}`);
  fact("policy reads as it was stored", best?.id === "policy" && best.text === redactedPolicy);
  fact("nothing but the question was embedded", embedder.takeCount() === 1);
  const snapshots = await index.snapshots();
  fact(
    "both snapshots are there, of equal digest",
    new Set(snapshots.map(({ digest }) => digest)).size === 1 && snapshots.length === 2,
  );
  await index.close();

  const releases = createReleaseManager({ ...storage, clock, name: "answers" });
  const live = (await releases.live())?.name;
  say(`  live release: ${live}`);
  fact("v2-good is live", live === "v2-good");
  fact("the audit log is unbroken", (await releases.verifyAudit()).valid);

  const secrets = createSecretStore({ ...storage, clock });
  const { current } = await secrets.status("api-key");
  say(`  secret api-key: version ${current} is current`);
  fact("the rotated key is current", current === 2);
  fact("it prints as its name only", `${await secrets.get("api-key")}` === "[secret api-key@2]");

  const { found } = await searchStored(rawValues);
  fact("no raw value is in any file", found.length === 0);
}
