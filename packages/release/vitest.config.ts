import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["@keelson/source"] },
  ssr: { resolve: { conditions: ["@keelson/source", "node", "import", "module", "default"] } },
  // Properties run many worlds each: a busy machine must not fail them.
  test: { name: "release", include: ["test/**/*.test.ts"], testTimeout: 30_000 },
});
