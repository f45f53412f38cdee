import type { Storage } from "@keelson/core";
import { systemClock } from "@keelson/core";
import { describe } from "vitest";
import { liftCases } from "../src/conformance/lift-cases.ts";
import {
  blobStoreCases,
  clockCases,
  secretBackendCases,
  stateStoreCases,
  vectorStoreCases,
} from "../src/index.ts";
import { testConformance } from "../src/vitest.ts";
import { referenceHarness } from "./references/reference-storage.ts";

describe("storage", () => {
  testConformance(
    liftCases(stateStoreCases, (storage: Storage) => storage.state),
    referenceHarness(),
  );
  testConformance(
    liftCases(vectorStoreCases, (storage: Storage) => storage.vectors),
    referenceHarness(),
  );
  testConformance(
    liftCases(blobStoreCases, (storage: Storage) => storage.blobs),
    referenceHarness(),
  );
  testConformance(
    liftCases(secretBackendCases, (storage: Storage) => storage.secrets),
    referenceHarness(),
  );
  testConformance(clockCases, { create: () => systemClock });
});
