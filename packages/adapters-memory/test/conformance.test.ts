import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import { clockCases, storageCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { describe } from "vitest";

describe(createMemoryStorage.name, () => {
  testConformance(storageCases, { create: () => createMemoryStorage() });
});

describe(createManualClock.name, () => {
  testConformance(clockCases, {
    create: () => createManualClock(),
    advance: (clock, ms) => (clock as ManualClock).advance(ms),
  });
});
