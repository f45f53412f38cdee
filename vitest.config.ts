import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // The default leaves one core idle: of two that is half.
    maxWorkers: "100%",
    projects: ["packages/*", "examples/*", "test"],
    // CI closes with the counts of this report.
    reporters: process.env.CI ? ["default", ["json", { outputFile: "coverage/tests.json" }]] : ["default"],
    coverage: {
      provider: "v8",
      include: ["packages/*/src/**/*.ts"],
      reporter: ["text", "lcov"],
      thresholds: { lines: 90, branches: 80, functions: 90 },
    },
  },
});
