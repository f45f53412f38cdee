import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFsStorage } from "@keelson/adapters-fs";
import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import type { Storage } from "@keelson/core";
import { foundAgain, isThere } from "./chapters/found-again.ts";
import { type RawValueSearch, searchDirectory, searchStorage } from "./raw-values.ts";
import { tellStory } from "./story.ts";
import { createTranscript, type Transcript } from "./transcript.ts";

type Print = (line: string) => void;

const STORY_STARTS = Date.UTC(2026, 0, 5, 9);
const NEXT_DAY = STORY_STARTS + 24 * 3_600_000;

/** The story in memory. */
export async function runInMemory(print: Print): Promise<boolean> {
  return conclude(await storyInMemory(print), print);
}

/** The story in a temporary directory, which is removed. */
export async function runOnFilesystem(print: Print): Promise<boolean> {
  return withTemporaryDirectory(async (directory) =>
    conclude(await storyInDirectory(directory, print), print),
  );
}

/** The story in memory, then on the filesystem: it must be the same to the letter. */
export async function runBoth(print: Print): Promise<boolean> {
  print("In memory\n");
  const inMemory = await storyInMemory(print);
  return withTemporaryDirectory(async (directory) => {
    const onDisk = await storyInDirectory(directory, () => undefined);
    print("\nOn the filesystem");
    const different = onDisk.lines.findIndex((line, i) => line !== inMemory.lines[i]);
    const equal = different === -1 && onDisk.lines.length === inMemory.lines.length;
    inMemory.fact(`all ${onDisk.lines.length} lines are the same as in memory`, equal);
    if (!equal) print(`       first difference: ${onDisk.lines[different] ?? "the length"}`);
    for (const failure of onDisk.failures) inMemory.fact(`on the filesystem: ${failure}`, false);
    return conclude(inMemory, print);
  });
}

/** The story in a directory that is kept; where a story has been told there already, what it left is looked at. */
export async function runKept(directory: string, print: Print): Promise<boolean> {
  const storage = await openFsStorage(directory);
  const found = await isThere(storage);
  await storage.close();
  if (!found) {
    const transcript = await storyInDirectory(directory, print);
    print(`\nKept in ${directory}. Run the same command again to find it.`);
    return conclude(transcript, print);
  }
  return conclude(await inDirectory(directory, NEXT_DAY, print, foundAgain), print);
}

async function storyInMemory(print: Print): Promise<Transcript> {
  const storage = createMemoryStorage();
  const transcript = createTranscript(print);
  const searchStored = (values: readonly string[]): Promise<RawValueSearch> => searchStorage(storage, values);
  await tellStory({ storage, clock: createManualClock({ nowMs: STORY_STARTS }), transcript, searchStored });
  await storage.close();
  return transcript;
}

function storyInDirectory(directory: string, print: Print): Promise<Transcript> {
  return inDirectory(directory, STORY_STARTS, print, tellStory);
}

async function inDirectory(
  directory: string,
  nowMs: number,
  print: Print,
  tell: typeof tellStory,
): Promise<Transcript> {
  const storage: Storage = await openFsStorage(directory);
  const clock: ManualClock = createManualClock({ nowMs });
  const transcript = createTranscript(print);
  // Every byte of every file, and what the storage hands out besides.
  const searchStored = async (values: readonly string[]): Promise<RawValueSearch> => {
    const handedOut = await searchStorage(storage, values);
    const onDisk = await searchDirectory(directory, values);
    return { ...onDisk, found: [...handedOut.found, ...onDisk.found] };
  };
  try {
    await tell({ storage, clock, transcript, searchStored });
  } finally {
    await storage.close();
  }
  return transcript;
}

async function withTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), "keelson-demo-"));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function conclude({ failures }: Transcript, print: Print): boolean {
  print(failures.length === 0 ? "\nAll facts hold." : `\n${failures.length} facts do not hold.`);
  return failures.length === 0;
}
