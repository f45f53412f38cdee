// Before every test file: nothing that is in the temporary folder is removed as a whole, so that it can be searched.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, resolve } from "node:path";

const temporary = resolve(process.env.TMPDIR ?? "");
const isKept = (path) => typeof path === "string" && dirname(resolve(path)) === temporary;

const { rmSync } = fs;
const { rm } = fs.promises;
fs.rmSync = (path, ...rest) => (isKept(path) ? undefined : rmSync(path, ...rest));
fs.promises.rm = async (path, ...rest) => (isKept(path) ? undefined : rm(path, ...rest));
syncBuiltinESMExports();
