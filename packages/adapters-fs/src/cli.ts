import type { VectorCollectionInfo, VectorMetric } from "@keelson/core";
import { isKeelsonError } from "@keelson/core";
import type { FileSystem } from "./file-system.ts";
import { inspectFsStorage } from "./inspect/inspect-fs-storage.ts";
import { salvageFsStorage } from "./inspect/salvage-fs-storage.ts";
import { verifyFsStorage } from "./inspect/verify-fs-storage.ts";

/** What the command line tool asks of its surroundings. */
export interface CliOptions {
  /** Writes a line to the standard output. */
  readonly print: (line: string) => void;
  /** Writes a line to the standard error output. */
  readonly complain: (line: string) => void;
  readonly fileSystem?: FileSystem | undefined;
}

const USAGE = `usage: keelson-fs inspect DIRECTORY
       keelson-fs verify DIRECTORY
       keelson-fs salvage DIRECTORY NEW-DIRECTORY [--collection NAME:DIMENSION:METRIC]...

inspect   one line of JSON a frame: what it is about, without texts, vectors, values and secrets
verify    reads every byte, and tells as JSON what is damaged
salvage   copies all that can be read to a new directory, and tells as JSON what cannot

Ends with 0 when nothing is damaged, 1 when something is, 2 when it could not be done.`;

/** Runs the command line tool, and gives the code to exit with. */
export async function runCli(args: readonly string[], options: CliOptions): Promise<number> {
  try {
    return await run(args, options);
  } catch (error) {
    options.complain(
      isKeelsonError(error) ? `${error.code}: ${error.message}${reason(error.cause)}` : String(error),
    );
    return 2;
  }
}

/** What the system said, such as that there is no such directory. */
function reason(cause: unknown): string {
  return cause instanceof Error ? `: ${cause.message}` : "";
}

async function run(args: readonly string[], { print, complain, fileSystem }: CliOptions): Promise<number> {
  const [command, directory, ...rest] = args;
  const tools = { fileSystem };
  if (command === "inspect" && directory !== undefined && rest.length === 0) {
    let damaged = false;
    for await (const frame of inspectFsStorage(directory, tools)) {
      print(JSON.stringify(frame));
      damaged ||= "damage" in frame;
    }
    return damaged ? 1 : 0;
  }
  if (command === "verify" && directory !== undefined && rest.length === 0) {
    const report = await verifyFsStorage(directory, tools);
    print(JSON.stringify(report));
    return report.ok ? 0 : 1;
  }
  const [to, ...flags] = rest;
  const collections = readCollections(flags);
  if (command === "salvage" && directory !== undefined && to !== undefined && collections !== undefined) {
    const report = await salvageFsStorage(directory, to, { ...tools, collections });
    print(JSON.stringify(report));
    return report.damage.length === 0 ? 0 : 1;
  }
  complain(USAGE);
  return 2;
}

const COLLECTION = /^(.+):([1-9][0-9]{0,8}):(cosine|dot|euclidean)$/s;

/** @returns `undefined` where something else stands there. */
function readCollections(flags: readonly string[]): VectorCollectionInfo[] | undefined {
  const collections: VectorCollectionInfo[] = [];
  for (let i = 0; i < flags.length; i += 2) {
    const match = flags[i] === "--collection" ? COLLECTION.exec(flags[i + 1] ?? "") : null;
    const [, name, dimension, metric] = match ?? [];
    if (name === undefined) return undefined;
    collections.push({ name, dimension: Number(dimension), metric: metric as VectorMetric });
  }
  return collections;
}
