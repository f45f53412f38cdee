import { parseArgs } from "node:util";
import { runBoth, runInMemory, runKept, runOnFilesystem } from "./run.ts";
import { runSource } from "./run-source.ts";

const USAGE = `npm run demo -- [options]

  (none)                       chapters A to G, in memory and on the filesystem; both must say the same
  --storage memory             in memory only
  --storage fs [--dir DIR]     on the filesystem; DIR is kept, and a second run finds it
  --source DIR                 chapters A to D on your own .md and .txt files`;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** @returns Whether every fact held. */
async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      storage: { type: "string" },
      dir: { type: "string" },
      source: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const { storage, dir, source, help } = values;
  if (help) {
    print(USAGE);
    return true;
  }
  if (storage !== undefined && storage !== "memory" && storage !== "fs") {
    throw new TypeError(`--storage is "memory" or "fs", not "${storage}"`);
  }
  if (dir !== undefined && storage !== "fs") throw new TypeError("--dir goes with --storage fs");
  if (source !== undefined) {
    if (storage !== undefined) throw new TypeError("--source runs in memory; leave --storage out");
    return runSource(source, print);
  }
  if (storage === "memory") return runInMemory(print);
  if (storage === "fs") return dir === undefined ? runOnFilesystem(print) : runKept(dir, print);
  return runBoth(print);
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  const usage = error instanceof TypeError;
  process.stderr.write(
    usage ? `${error.message}\n\n${USAGE}\n` : `${String((error as Error).stack ?? error)}\n`,
  );
  process.exitCode = usage ? 2 : 1;
}
