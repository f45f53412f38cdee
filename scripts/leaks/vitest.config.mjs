// Every project of the workspace, with canaries for secrets.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, mergeConfig } from "vitest/config";
import { createCanaries } from "./canaries.mjs";

const canary = process.env.KEELSON_CANARY ?? "";
if (canary === "") throw new Error("KEELSON_CANARY is not set: run scripts/leaks.mjs");

const root = fileURLToPath(new URL("../..", import.meta.url));
const setupFiles = [fileURLToPath(new URL("watch.mjs", import.meta.url))];
const below = (folder) => readdirSync(`${root}${folder}`).map((name) => `${folder}/${name}`);
const projects = [...below("packages"), ...below("examples"), "test"]
  .filter((folder) => existsSync(`${root}${folder}/vitest.config.ts`))
  .map(async (folder) => {
    // A relative path is one that vite resolves when it bundles this file.
    const own = await import(`../../${folder}/vitest.config.ts`);
    return mergeConfig(own.default, {
      root: root + folder,
      plugins: [createCanaries(canary)],
      test: { testTimeout: 120_000, setupFiles },
    });
  });

export default defineConfig({ root, test: { projects: await Promise.all(projects) } });
