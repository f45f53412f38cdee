// Keelson's packages, bundled from their sources once a process.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

let bundled;

/** Everything that `adapters-memory`, `adapters-fs`, `index-store` and `redaction` export. */
export function bundle() {
  bundled ??= make();
  return bundled;
}

async function make() {
  const directory = mkdtempSync(join(tmpdir(), "keelson-bench-"));
  const outfile = join(directory, "keelson.mjs");
  const packages = ["core", "adapters-memory", "adapters-fs", "index-store", "redaction"];
  await build({
    stdin: {
      contents: packages.map((name) => `export * from "./packages/${name}/src/index.ts";`).join("\n"),
      resolveDir: fileURLToPath(new URL("../..", import.meta.url)),
      loader: "ts",
    },
    conditions: ["@keelson/source"],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile,
    logLevel: "error",
  });
  return await import(pathToFileURL(outfile).href);
}
