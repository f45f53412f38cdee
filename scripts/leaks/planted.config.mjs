import { defineConfig } from "vitest/config";

export default defineConfig({
  root: import.meta.dirname,
  test: { include: ["planted.mjs"], setupFiles: ["keep-files.mjs"] },
});
