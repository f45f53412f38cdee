import { defineProject } from "vitest/config";

export default defineProject({
  resolve: { conditions: ["@keelson/source"] },
  // Without "module": the AWS SDK has there what bundlers read and Node does not.
  ssr: { resolve: { conditions: ["@keelson/source", "node", "default"] } },
  test: { name: "adapters-aws-secrets-manager", include: ["test/**/*.test.ts"] },
});
