// Breaks stores on purpose, at length: see docs/guides/durability.md. Bundles the sources, since Node 20 runs no
// TypeScript, and runs them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const sources = fileURLToPath(new URL("../test/torture/", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "keelson-torture-"));
try {
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: true,
      rollupOptions: { input: ["main.ts", "child.ts"].map((name) => join(sources, name)) },
      outDir: place,
      target: "node20",
    },
    ssr: { noExternal: true, resolve: { conditions: ["@keelson/source", "node", "import", "default"] } },
  });
  const { status } = spawnSync(process.execPath, [join(place, "main.js"), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(place, { recursive: true, force: true });
}
