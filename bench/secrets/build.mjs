// Bundles Keelson from source, so that nothing has to be built first.
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const packages = new URL("../../packages/", import.meta.url);
const below = (name) => fileURLToPath(new URL(name, packages));
const outfile = fileURLToPath(new URL("node_modules/.keelson.mjs", import.meta.url));
await build({
  stdin: {
    contents: `export * from "@keelson/secrets"; export * from "@keelson/adapters-memory";`,
    resolveDir: below("secrets"),
  },
  bundle: true,
  platform: "node",
  format: "esm",
  conditions: ["@keelson/source"],
  alias: Object.fromEntries(
    readdirSync(packages).map((name) => [`@keelson/${name}`, below(`${name}/src/index.ts`)]),
  ),
  nodePaths: [below("secrets/node_modules"), below("adapters-memory/node_modules")],
  outfile,
  logLevel: "error",
});
export const { createManualClock, createMemoryStorage, createSecretStore } = await import(outfile);
