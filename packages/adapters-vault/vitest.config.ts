import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["@keelson/source"] },
  ssr: { resolve: { conditions: ["@keelson/source", "node", "import", "module", "default"] } },
  test: { name: "adapters-vault", include: ["test/**/*.test.ts"] },
});
