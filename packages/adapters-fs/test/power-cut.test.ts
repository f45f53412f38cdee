import { openFsStorage } from "@keelson/adapters-fs";
import { describe, expect, it } from "vitest";
import { cutPowerEverywhere } from "./power-cut.ts";

describe(openFsStorage.name, () => {
  it("keeps after a power cut at any moment what it acknowledged, and no half of anything", {
    timeout: 300_000,
  }, async () => {
    // `npm run torture` does the same with more traces and more states.
    const options = { seed: 1, writes: 200, statesAtOnce: 3, cutRecoveryEvery: 500 };
    const { moments, states } = await cutPowerEverywhere(options);
    expect(moments).toBeGreaterThan(800);
    expect(states).toBeGreaterThan(2000);
  });
});
