import { writeSync } from "node:fs";
import { openFsStorage } from "@keelson/adapters-fs";
import { driveRamp } from "./drive-ramp.ts";

// Opens the directory it is told, takes the ramp up where it was left, and drives it until it is killed or done.
const [directory = "", loss = "0"] = process.argv.slice(2);
const storage = await openFsStorage(directory);
await driveRamp(storage.state, Number(loss), (line) => void writeSync(1, `${line}\n`));
await storage.close();
writeSync(1, "done\n");
