import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const HERE = fileURLToPath(new URL(".", import.meta.url));

/** Bundles the process that is killed from sources, since Node 20 runs no TypeScript. Gives its path. */
export async function buildChild(outDir: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: "silent",
    build: { ssr: join(HERE, "child.ts"), outDir, target: "node20" },
    ssr: { noExternal: true, resolve: { conditions: ["@keelson/source", "node", "import", "default"] } },
  });
  return join(outDir, "child.js");
}
