import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["@keelson/source"] },
  ssr: { resolve: { conditions: ["@keelson/source", "node", "import", "module", "default"] } },
  test: { name: "demo-mock", include: ["test/**/*.test.ts"], testTimeout: 30_000 },
});
