// Runs the packages' tests on every Node major that the published packages support, each taken from the registry.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";

const versions = process.argv.slice(2);
const matrix = versions.length > 0 ? versions : ["22.23.3", "24.21.0", "26.10.0"];

for (const version of matrix) {
  console.log(`node ${version}`);
  // The testkit's proof of itself takes longest; its suites run here all the same, in the adapters' tests.
  const projects = readdirSync("packages")
    .filter((name) => name !== "testkit")
    .map((name) => `--project=${name}`);
  const tests = ["node_modules/vitest/vitest.mjs", "run", "--reporter=dot", ...projects];
  const { status } = spawnSync("npx", ["--yes", "-p", `node@${version}`, "node", ...tests], {
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
