import { openFsStorage } from "@keelson/adapters-fs";
import { storageCases } from "@keelson/testkit";
import { testConformance } from "@keelson/testkit/vitest";
import { describe } from "vitest";

describe(openFsStorage.name, () => {
  testConformance(storageCases, {
    create: (place) => openFsStorage(place.directory()),
    reopen: async (storage, place) => {
      await storage.close();
      return await openFsStorage(place.directory());
    },
  });
});
