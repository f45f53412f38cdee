import { openFsStorage } from "@keelson/adapters-fs";
import { describe, expect, it } from "vitest";
import { flipRandomBits } from "./random-flips.ts";

describe(openFsStorage.name, () => {
  it("tells of any flipped bit of a big store, or gives everything back unchanged", {
    timeout: 300_000,
  }, async () => {
    // `npm run torture` flips a thousand.
    const { told, harmless } = await flipRandomBits(1, 150);
    expect(told + harmless).toBe(150);
    expect(told).toBeGreaterThan(100);
  });
});
