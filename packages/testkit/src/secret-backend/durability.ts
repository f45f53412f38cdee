import assert from "node:assert/strict";
import type { SecretBackend } from "@keelson/core";
import { casesWhen } from "../conformance/cases-when.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { rejection } from "../conformance/outcome.ts";
import { awkwardStrings } from "../fixtures/strings.ts";
import { assertSecrets, payload } from "./subject.ts";

/** What is there after reopening a backend that says it is durable. */
export const durabilityCases: readonly ConformanceCase<SecretBackend>[] = casesWhen<SecretBackend>(
  (backend) => backend.capabilities.durable,
  [
    {
      id: "secret-backend/write/durable",
      title: "has every acknowledged record after reopening, with its revision",
      async run(backend, context) {
        for (const name of awkwardStrings)
          await backend.write(name, payload(`value of ${name}`), { expect: "absent" });
        const { revision } = await backend.write("replaced", payload("old"), { expect: "absent" });
        const newest = await backend.write("replaced", payload("new"), { expect: revision });
        const reopened = await context.reopen();
        const names = [...awkwardStrings.map((name): [string, string] => [name, `value of ${name}`])];
        await assertSecrets(reopened, new Map([...names, ["replaced", "new"]]));
        assert.equal((await reopened.read("replaced"))?.revision, newest.revision);
        await rejection("SECRET_CONFLICT", () =>
          reopened.write("replaced", payload("x"), { expect: revision }),
        );
        await reopened.write("replaced", payload("newer"), { expect: newest.revision });
      },
    },
    {
      id: "secret-backend/delete/durable",
      title: "does not bring back what was deleted before reopening, nor any revision",
      async run(backend, context) {
        await backend.write("kept", payload("kept"), { expect: "absent" });
        const { revision } = await backend.write("key", payload("value"), { expect: "absent" });
        await backend.delete("key");
        const reopened = await context.reopen();
        await assertSecrets(reopened, new Map([["kept", "kept"]]));
        const again = await reopened.write("key", payload("value"), { expect: "absent" });
        assert.ok(again.revision > revision, "a revision came back after reopening");
      },
    },
  ],
);
