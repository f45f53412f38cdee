import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { createCanaries } from "./canaries.mjs";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  plugins: [createCanaries(process.env.KEELSON_CANARY ?? "")],
  resolve: { conditions: ["@keelson/source"] },
  ssr: { resolve: { conditions: ["@keelson/source", "node", "import", "module", "default"] } },
  test: { include: ["scripts/leaks/planted.mjs"], setupFiles: ["scripts/leaks/watch.mjs"] },
});
