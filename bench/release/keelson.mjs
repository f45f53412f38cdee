// Keelson's gates and guards, bundled from their source, with what its simulations draw from.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const modules = ["index", "blocks", "guard-set", "random", "scenario"];
const source = fileURLToPath(new URL("../../packages/release/src/", import.meta.url));
const outfile = join(mkdtempSync(join(tmpdir(), "keelson-bench-")), "release.mjs");
await build({
  stdin: {
    contents: modules.map((name) => `export * from "./${name}.ts";`).join("\n"),
    resolveDir: source,
  },
  conditions: ["@keelson/source"],
  bundle: true,
  platform: "node",
  format: "esm",
  outfile,
  logLevel: "error",
});
export const keelson = await import(pathToFileURL(outfile).href);
