import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import { clockCases, storageCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { describe } from "vitest";

describe(createMemoryStorage.name, () => {
  testConformance(storageCases, { create: () => createMemoryStorage() });
});

describe(`${createMemoryStorage.name} with codes of 8 bits`, () => {
  testConformance(storageCases, { create: () => createMemoryStorage({ quantization: "int8" }) });
});

describe(createManualClock.name, () => {
  testConformance(clockCases, {
    create: () => createManualClock(),
    advance: (clock, ms) => (clock as ManualClock).advance(ms),
  });
});
