import { chapterA } from "./chapters/a-index.ts";
import { chapterB } from "./chapters/b-staleness.ts";
import { chapterC } from "./chapters/c-expiry.ts";
import { chapterD } from "./chapters/d-restore.ts";
import { chapterE } from "./chapters/e-canary.ts";
import { chapterF } from "./chapters/f-secrets.ts";
import { chapterG } from "./chapters/g-ramp.ts";
import type { World } from "./world.ts";

/** Tells the story from A to G, each chapter going on with what the ones before it left. */
export async function tellStory(world: World): Promise<void> {
  const library = await chapterA(world);
  await chapterB(world, library);
  const snapshot = await chapterC(world, library);
  await chapterD(world, library, snapshot);
  const releases = await chapterE(world);
  await chapterF(world);
  await chapterG(world, releases);
  await library.index.close();
}
