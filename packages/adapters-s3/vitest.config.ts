import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["@keelson/source"] },
  ssr: { resolve: { conditions: ["@keelson/source", "node", "import", "default"] } },
  test: { name: "adapters-s3", include: ["test/**/*.test.ts"] },
});
