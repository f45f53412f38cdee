// Every package's own test project, with canaries for secrets and with all temporary files kept.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";

const root = fileURLToPath(new URL("../..", import.meta.url));
const canary = process.env.KEELSON_CANARY ?? "";
if (canary === "") throw new Error("KEELSON_CANARY is not set: run scripts/leaks.mjs");

// The values that tests and conformance suites use where they use secrets. Each becomes one with the canary in it,
// the same everywhere, so that the tests still hold.
const MARKED = [
  ["0123456789-0123456789", `${canary}-0123456789`],
  ["planted-value-7f3a", `planted-${canary}`],
  ["q7Zp-T3x9-wK5v-canary", `${canary}-canary`],
  ["canary-value", `value-${canary}`],
  ["hunter2", `hunter-${canary}`],
];
// And the values and keys that are generated: 43 characters of base64url, as ever.
const GENERATED = 'return randomBytes(BYTES).toString("base64url");';

const canaries = {
  name: "canaries",
  enforce: "pre",
  transform(code, id) {
    if (id.includes("/node_modules/") || !id.startsWith(root)) return undefined;
    if (id.endsWith("/packages/secrets/src/digest.ts")) {
      if (!code.includes(GENERATED)) throw new Error("secrets generate their values in another way now");
      const marked = `return "${canary}" + randomBytes(BYTES).toString("base64url").slice(${canary.length});`;
      return code.replace(GENERATED, marked);
    }
    const inTests = id.includes("/test/") || id.includes("/packages/testkit/src/");
    if (!inTests || !MARKED.some(([value]) => code.includes(value))) return undefined;
    return MARKED.reduce((text, [value, marked]) => text.replaceAll(value, marked), code);
  },
};

const folders = ["packages", "examples"].flatMap((above) =>
  readdirSync(new URL(`../../${above}/`, import.meta.url)).map((name) => `${above}/${name}`),
);
const projects = folders
  .filter((folder) => existsSync(new URL(`../../${folder}/vitest.config.ts`, import.meta.url)))
  .map(async (folder) => {
    const own = await import(`../../${folder}/vitest.config.ts`);
    return mergeConfig(own.default, {
      root: `${root}${folder}`,
      plugins: [canaries],
      test: { testTimeout: 120_000, setupFiles: [fileURLToPath(new URL("keep-files.mjs", import.meta.url))] },
    });
  });

export default defineConfig({ root, test: { projects: await Promise.all(projects) } });
