import { describe, it } from "vitest";
import { stateStoreFaults } from "../../src/faults.ts";
import { stateStoreCases, strictStateStoreCases } from "../../src/index.ts";
import { partHarnesses } from "../references/reference-storage.ts";
import { prove } from "./prove.ts";

describe("stateStoreFaults", () => {
  it("fail every case of the state store's suites, and are all caught", { timeout: 120_000 }, async () => {
    const [full] = partHarnesses(({ state }) => state);
    await prove([...stateStoreCases, ...strictStateStoreCases], [full], stateStoreFaults);
  });
});
