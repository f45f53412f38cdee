import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["@keelson/source"] },
  // Without "import": Node gives the same conditions to require, and Express requires packages that have both.
  ssr: { resolve: { conditions: ["@keelson/source", "node", "module", "default"] } },
  test: { name: "secrets", include: ["test/**/*.test.ts"] },
});
