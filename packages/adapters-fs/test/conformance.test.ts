import { openFsStorage } from "@keelson/adapters-fs";
import { storageCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { describe } from "vitest";
import { createTestMachine, type TestMachine } from "./subject.ts";

describe(`${openFsStorage.name}, closed and opened again`, () => {
  testConformance(storageCases, {
    create: (place) => openFsStorage(place.directory()),
    reopen: async (storage, place) => {
      await storage.close();
      return await openFsStorage(place.directory());
    },
  });
});

describe(`${openFsStorage.name}, killed and opened again`, () => {
  const machines = new Map<string, TestMachine>();
  // Segments so small that the log turns to a new one all the time.
  const options = { segmentBytes: 200 };
  testConformance(storageCases, {
    create: ({ name }) => {
      const machine = createTestMachine();
      machines.set(name, machine);
      return machine.open(options);
    },
    reopen: (_, { name }) => {
      const machine = machines.get(name);
      if (machine === undefined) throw new Error("nothing to reopen");
      machine.kill();
      return machine.open(options);
    },
    destroy: (_, { name }) => void machines.delete(name),
  });
});
