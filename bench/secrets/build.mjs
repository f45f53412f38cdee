// Bundles Keelson from source, so that nothing has to be built first.
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const packages = new URL("../../packages/", import.meta.url);
const below = (name) => fileURLToPath(new URL(name, packages));
// One file for each process, since they are built at the same time.
const outfile = fileURLToPath(new URL(`node_modules/.keelson-${process.pid}.mjs`, import.meta.url));
await build({
  stdin: {
    contents: `
      export * from "@keelson/secrets";
      export * from "@keelson/adapters-memory";
      export * from "@keelson/adapters-vault";
      export * from "${below("adapters-vault/test/fake-vault.ts")}";
    `,
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
export const {
  createManualClock,
  createMemoryStorage,
  createSecretStore,
  createVaultSecrets,
  startFakeVault,
} = await import(outfile);
rmSync(outfile);
