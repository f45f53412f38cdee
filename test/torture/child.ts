import { writeSync } from "node:fs";
import { openFsStorage } from "@keelson/adapters-fs";
import { killingFileSystem } from "./killing-file-system.ts";
import { scenarios } from "./scenarios.ts";

// Runs a scenario in the directory it is told, and is killed at the operation of the filesystem it is told; 0: never.
const [name = "", directory = "", round = "0", killAt = "0"] = process.argv.slice(2);
const scenario = scenarios[name];
if (scenario === undefined) throw new Error(`no scenario ${name}`);
const tell = (fact: string): void => void writeSync(1, `${fact}\n`);

const storage = await openFsStorage(directory, {
  ...scenario.options,
  fileSystem: killingFileSystem(Number(killAt)),
});
tell("open");
await scenario.run(storage, Number(round), tell);
