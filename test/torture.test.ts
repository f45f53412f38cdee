import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildChild } from "./torture/build-child.ts";
import { killLoop } from "./torture/kill-loop.ts";
import { scenarios } from "./torture/scenarios.ts";
import { ownerStopped, secondOwner } from "./torture/two-processes.ts";

// The short form of `npm run torture`.
let place: string;
let child: string;

beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "keelson-torture-"));
  child = await buildChild(join(place, "dist"));
}, 120_000);

afterAll(() => rm(place, { recursive: true, force: true }));

describe("a store whose process is killed", () => {
  it.each(Object.keys(scenarios))(
    "has lost nothing and opens, in the middle of %s",
    {
      timeout: 300_000,
    },
    async (scenario) => {
      const kills = scenario === "writes" ? 10 : 8;
      const counts = await killLoop({ child, scenario, kills, seed: 1 });
      expect(counts.kills).toBe(kills);
      expect(counts.told).toBeGreaterThan(0);
    },
  );
});

describe("a store that two processes want", { timeout: 120_000 }, () => {
  it("is refused to the second, with the owner's process id", () =>
    secondOwner(child, join(place, "shared")));

  it("takes no write of an owner that was stopped, taken for dead, and continued", () =>
    ownerStopped(child, join(place, "stopped")));
});
