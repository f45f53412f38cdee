import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { root } from "./repository.ts";

it("the search for leaks fails where there are some, and names every channel that has one", {
  timeout: 120_000,
}, () => {
  const { status, stdout } = spawnSync(process.execPath, ["scripts/leaks.mjs", "--planted"], {
    cwd: root,
    encoding: "utf8",
  });
  expect(status, stdout).toBe(1);
  for (const place of [
    "stdout",
    "stderr",
    "seen/errors-",
    "seen/audit-",
    "seen/state-",
    "seen/blobs-",
    "seen/disk-",
  ])
    expect(stdout).toMatch(new RegExp(`^${place}.* at \\d+, `, "m"));
  const places = stdout.split("\n").filter((line) => line.endsWith("[canary]"));
  expect(places.length).toBeGreaterThan(20);
  expect(stdout).toContain(`\n${places.length} leaks\n`);
});
