import type { SecretBackend } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { brokenStrings } from "../fixtures/strings.ts";
import { strictAbortSecretCases } from "./abort.ts";
import { assertSecrets, payload } from "./subject.ts";

/** What a secret backend must satisfy besides when users call it themselves, with nobody in front to check. */
export const strictSecretBackendCases: readonly ConformanceCase<SecretBackend>[] = [
  ...strictAbortSecretCases,
  {
    id: "secret-backend/write/refuses/names",
    title: "refuses a malformed name with KEY_INVALID, and stores nothing",
    async run(backend) {
      for (const name of ["", "x".repeat(257), ...brokenStrings])
        await rejection("KEY_INVALID", () => backend.write(name, payload("value"), { expect: "absent" }));
      await assertSecrets(backend, new Map());
    },
  },
];
