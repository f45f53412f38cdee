import { describe, it } from "vitest";
import { vectorStoreFaults } from "../../src/faults.ts";
import { strictVectorStoreCases, vectorStoreCases } from "../../src/index.ts";
import { partHarnesses } from "../references/reference-storage.ts";
import { prove } from "./prove.ts";

describe("vectorStoreFaults", () => {
  it("fail every case of the vector store's suites, and are all caught", { timeout: 120_000 }, async () => {
    const harnesses = partHarnesses(({ vectors }) => vectors);
    await prove([...vectorStoreCases, ...strictVectorStoreCases], harnesses, vectorStoreFaults);
  });
});
