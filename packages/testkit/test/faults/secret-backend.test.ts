import { describe, it } from "vitest";
import { secretBackendFaults } from "../../src/faults.ts";
import { secretBackendCases, strictSecretBackendCases } from "../../src/index.ts";
import { partHarnesses } from "../references/reference-storage.ts";
import { prove } from "./prove.ts";

describe("secretBackendFaults", () => {
  it("fail every case of the secret backend's suites, and are all caught", { timeout: 120_000 }, async () => {
    const [full] = partHarnesses(({ secrets }) => secrets);
    await prove([...secretBackendCases, ...strictSecretBackendCases], [full], secretBackendFaults);
  });
});
