import { describe, it } from "vitest";
import { blobStoreFaults } from "../../src/faults.ts";
import { blobStoreCases, strictBlobStoreCases } from "../../src/index.ts";
import { partHarnesses } from "../references/reference-storage.ts";
import { prove } from "./prove.ts";

describe("blobStoreFaults", () => {
  it("fail every case of the blob store's suites, and are all caught", { timeout: 120_000 }, async () => {
    const [full] = partHarnesses(({ blobs }) => blobs);
    await prove([...blobStoreCases, ...strictBlobStoreCases], [full], blobStoreFaults);
  });
});
