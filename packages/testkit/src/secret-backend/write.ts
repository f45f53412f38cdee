import assert from "node:assert/strict";
import { type ExpectedRevision, isKeelsonError, type SecretBackend } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { type Outcome, outcomeOf, rejection } from "../conformance/outcome.ts";
import { awkwardStrings, longString } from "../fixtures/strings.ts";
import { assertSecrets, payload, valueOfSecret } from "./subject.ts";

/** Writing records, by compare-and-set. */
export const writeCases: readonly ConformanceCase<SecretBackend>[] = [
  {
    id: "secret-backend/write/works",
    title: "stores a record, and replaces it whole; revisions are positive safe integers that grow",
    async run(backend) {
      const first = await backend.write("key", payload("a long first value"), { expect: "absent" });
      const second = await backend.write("key", payload("second"), { expect: first.revision });
      const other = await backend.write("other", payload("other"), { expect: "absent" });
      for (const { revision } of [first, second, other])
        assert.ok(Number.isSafeInteger(revision) && revision > 0);
      assert.ok(
        first.revision < second.revision && second.revision < other.revision,
        "a revision did not grow",
      );
      await assertSecrets(
        backend,
        new Map([
          ["key", "second"],
          ["other", "other"],
        ]),
      );
    },
  },
  {
    id: "secret-backend/write/works/awkward-values",
    title: "keeps payloads of every kind of Unicode, and ones as long as it says",
    async run(backend) {
      const longest = Math.min(300_000, backend.capabilities.maxPayloadBytes ?? 300_000);
      const values = [
        ...awkwardStrings,
        awkwardStrings.join("\n"),
        JSON.stringify({ v: awkwardStrings }),
        "x".repeat(longest),
      ];
      for (const [i, value] of values.entries())
        await backend.write(`key ${i}`, payload(value), { expect: "absent" });
      for (const [i, value] of values.entries()) {
        assert.ok((await valueOfSecret(backend, `key ${i}`)) === value, `payload ${i} differs`);
      }
    },
  },
  {
    id: "secret-backend/write/works/awkward-names",
    title: "keeps names of every kind of Unicode apart: paths, separators, NUL, case, normal forms",
    async run(backend) {
      const names = [...awkwardStrings, longString(256), `${longString(255)}y`];
      for (const name of names)
        await backend.write(name, payload(`value of ${name}`, name), { expect: "absent" });
      await assertSecrets(backend, new Map(names.map((name) => [name, `value of ${name}`])));
      for (const name of names.slice(1)) await backend.delete(name);
      await assertSecrets(backend, new Map([["plain", "value of plain"]]));
    },
  },
  {
    id: "secret-backend/write/empty-input",
    title: "stores an empty payload, which is not the same as none",
    async run(backend) {
      await backend.write("key", payload(""), { expect: "absent" });
      assert.deepStrictEqual(await backend.list(), ["key"]);
      await rejection("SECRET_CONFLICT", () => backend.write("key", payload("x"), { expect: "absent" }));
    },
  },
  {
    id: "secret-backend/write/unknown-id",
    title: "rejects with SECRET_CONFLICT when a revision is expected of a name that is not there",
    async run(backend) {
      const { revision } = await backend.write("other", payload("value"), { expect: "absent" });
      const { details } = await rejection("SECRET_CONFLICT", () =>
        backend.write("key", payload("x"), { expect: revision }),
      );
      assert.deepStrictEqual({ ...details }, { name: "key", expect: revision, actual: "absent" });
      await assertSecrets(backend, new Map([["other", "value"]]));
    },
  },
  {
    id: "secret-backend/write/duplicate",
    title: "rejects with SECRET_CONFLICT when the record is not as expected, and keeps it",
    async run(backend) {
      const first = (await backend.write("key", payload("first"), { expect: "absent" })).revision;
      const second = (await backend.write("key", payload("second"), { expect: first })).revision;
      for (const expect of ["absent", first, second + 1] as const) {
        const { details } = await rejection("SECRET_CONFLICT", () =>
          backend.write("key", payload("third"), { expect }),
        );
        assert.deepStrictEqual({ ...details }, { name: "key", expect, actual: second });
      }
      await assertSecrets(backend, new Map([["key", "second"]]));
      assert.equal((await backend.read("key"))?.revision, second);
    },
  },
  {
    id: "secret-backend/write/duplicate/no-revision-returns",
    title: "never meets an old expectation again after the record was deleted and written anew",
    async run(backend) {
      const { revision: old } = await backend.write("key", payload("same"), { expect: "absent" });
      await backend.delete("key");
      await backend.write("key", payload("same"), { expect: "absent" });
      await rejection("SECRET_CONFLICT", () => backend.write("key", payload("stolen"), { expect: old }));
      await assertSecrets(backend, new Map([["key", "same"]]));
    },
  },
  {
    id: "secret-backend/write/concurrent",
    title: "lets exactly one of many writes with one expectation succeed, so that no update is lost",
    async run(backend) {
      const race = (expect: ExpectedRevision): Promise<Outcome<{ readonly revision: number }>[]> =>
        Promise.all(
          Array.from({ length: 8 }, (_, i) =>
            outcomeOf(() => backend.write("key", payload(`writer ${i}`), { expect })),
          ),
        );
      let expect: ExpectedRevision = "absent";
      for (let round = 0; round < 5; round++) {
        const outcomes = await race(expect);
        const winner = outcomes.findIndex(({ status }) => status === "answered");
        const losers = outcomes.filter((_, i) => i !== winner);
        for (const loser of losers) {
          assert.ok(loser.status === "rejected", "two writes with one expectation succeeded");
          assert.ok(isKeelsonError(loser.reason, "SECRET_CONFLICT"));
        }
        const won = outcomes[winner];
        assert.ok(won?.status === "answered", "none of 8 writes with one expectation succeeded");
        assert.equal(await valueOfSecret(backend, "key"), `writer ${winner}`);
        expect = won.value.revision;
      }
    },
  },
];
