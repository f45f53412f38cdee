import { describe, it } from "vitest";
import { storageFaults } from "../../src/faults.ts";
import { storageCases } from "../../src/index.ts";
import { afterCloseCases } from "../../src/storage/after-close.ts";
import { closeCases } from "../../src/storage/close.ts";
import { reclaimCases } from "../../src/storage/reclaim.ts";
import { referenceHarness } from "../references/reference-storage.ts";
import { prove } from "./prove.ts";

describe("storageFaults", () => {
  it("fail every case of closing, of reclaiming and of the parts together, and are all caught", {
    timeout: 60_000,
  }, async () => {
    const own = [...afterCloseCases, ...closeCases, ...reclaimCases];
    await prove(
      storageCases.filter(({ id }) => own.some((one) => one.id === id)),
      [referenceHarness()],
      storageFaults,
    );
  });
});
