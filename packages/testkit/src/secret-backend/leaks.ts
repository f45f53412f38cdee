import assert from "node:assert/strict";
import { Secret, type SecretBackend } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { assertHidden, printedBy } from "../conformance/leaks.ts";
import { outcomeOf } from "../conformance/outcome.ts";
import { longString } from "../fixtures/strings.ts";
import { payload } from "./subject.ts";

const PLANTED = "planted-value-7f3a";

/** What must never show. Each case plants a value and looks for it wherever something could be printed. */
export const leakCases: readonly ConformanceCase<SecretBackend>[] = [
  {
    id: "secret-backend/read/hidden",
    title: "gives the payload as a Secret, so that printing the record shows nothing of it",
    async run(backend) {
      await backend.write("key", payload(PLANTED), { expect: "absent" });
      const record = await backend.read("key");
      assert.ok(record?.payload instanceof Secret, "the payload is no Secret");
      assertHidden(PLANTED, "the record", record, { record }, [record?.payload], `${record?.payload}`);
    },
  },
  {
    id: "secret-backend/write/hidden",
    title: "shows nothing of a payload in its answer, nor in the backend itself",
    async run(backend) {
      const answer = await backend.write("key", payload(PLANTED), { expect: "absent" });
      assertHidden(PLANTED, "the answer of write", answer);
      assertHidden(PLANTED, "the backend", backend);
    },
  },
  {
    id: "secret-backend/write/hidden/errors",
    title: "shows nothing of any payload in its errors, neither message, details, stack nor cause",
    async run(backend) {
      const { revision } = await backend.write("key", payload(PLANTED), { expect: "absent" });
      const broken = {
        get expect(): never {
          throw new Error("no expectation");
        },
      };
      const calls = [
        () => backend.write("key", payload(PLANTED), { expect: "absent" }),
        () => backend.write("key", payload(PLANTED), { expect: revision + 1 }),
        () => backend.write("none", payload(PLANTED), { expect: revision }),
        () => backend.write("", payload(PLANTED), { expect: "absent" }),
        () => backend.write(longString(300), payload(PLANTED), { expect: "absent" }),
        () => backend.write("key", payload(PLANTED), broken),
        () => backend.write("key", payload(PLANTED), { expect: revision, signal: AbortSignal.abort() }),
        () => backend.write("key", PLANTED as unknown as Secret, { expect: revision }),
      ];
      for (const call of calls) {
        const outcome = await outcomeOf(call);
        if (outcome.status === "rejected") assertHidden(PLANTED, "an error", outcome.reason);
      }
    },
  },
  {
    id: "secret-backend/list/hidden",
    title: "shows nothing of a payload in its listing",
    async run(backend) {
      await backend.write("key", payload(PLANTED), { expect: "absent" });
      assertHidden(PLANTED, "the listing", await backend.list());
    },
  },
  {
    id: "secret-backend/write/hidden/output",
    title: "prints nothing of a payload to console, stdout or stderr",
    async run(backend) {
      const printed = await printedBy(async () => {
        const { revision } = await backend.write("key", payload(PLANTED), { expect: "absent" });
        await backend.read("key");
        await outcomeOf(() => backend.write("key", payload(PLANTED), { expect: revision + 1 }));
        await backend.list();
        await backend.delete("key");
      });
      assert.ok(!printed.includes(PLANTED), "a payload was printed");
    },
  },
];
