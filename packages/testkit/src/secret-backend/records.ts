import assert from "node:assert/strict";
import type { ExpectedRevision, SecretBackend } from "@keelson/core";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { interleave } from "../conformance/interleave.ts";
import { awkwardStrings, byCodeUnits } from "../fixtures/strings.ts";
import { assertSecrets, payload, valueOfSecret } from "./subject.ts";

/** Reading, listing and deleting records. */
export const recordCases: readonly ConformanceCase<SecretBackend>[] = [
  {
    id: "secret-backend/read/works",
    title: "declares specVersion 1, and reads a record with its payload and revision",
    async run(backend) {
      assert.equal(backend.specVersion, 1);
      assert.equal(typeof backend.capabilities.durable, "boolean");
      assert.equal(typeof backend.capabilities.sealed, "boolean");
      const { revision } = await backend.write("key", payload("value"), { expect: "absent" });
      const record = await backend.read("key");
      assert.ok(record?.payload.expose() === "value", "the payload differs");
      assert.equal(record?.revision, revision);
    },
  },
  {
    id: "secret-backend/read/empty-input",
    title: "reads nothing from an empty backend, and an empty payload as an empty payload",
    async run(backend) {
      assert.equal(await backend.read("key"), undefined);
      await backend.write("key", payload(""), { expect: "absent" });
      assert.equal(await valueOfSecret(backend, "key"), "");
    },
  },
  {
    id: "secret-backend/read/unknown-id",
    title: "answers undefined for a name that is not there, was deleted, or is only like one",
    async run(backend) {
      await backend.write("key", payload("value"), { expect: "absent" });
      await backend.write("gone", payload("value"), { expect: "absent" });
      await backend.delete("gone");
      for (const name of ["never", "gone", "KEY", "key ", "ke", "key/"])
        assert.equal(await backend.read(name), undefined);
    },
  },
  {
    id: "secret-backend/read/duplicate",
    title: "reads the newest acknowledged write, each time",
    async run(backend) {
      let expect: number | "absent" = "absent";
      for (const value of ["one", "two", "three"]) {
        expect = (await backend.write("key", payload(value), { expect })).revision;
        assert.equal(await valueOfSecret(backend, "key"), value);
        assert.equal((await backend.read("key"))?.revision, expect);
      }
    },
  },
  {
    id: "secret-backend/read/concurrent",
    title: "reads whole records while they are replaced, never older than one acknowledged before",
    async run(backend) {
      let acknowledged = 0;
      let expect: ExpectedRevision = "absent";
      await interleave(
        async (round) => {
          const value = JSON.stringify({ round, padding: "x".repeat(round * 100) });
          expect = (await backend.write("key", payload(value), { expect })).revision;
          acknowledged = round;
        },
        async () => {
          const before = acknowledged;
          const value = (await valueOfSecret(backend, "key")) ?? '{"round":0,"padding":""}';
          const { round, padding } = JSON.parse(value) as { round: number; padding: string };
          assert.equal(padding.length, round * 100, "a record is torn");
          assert.ok(round >= before, "an acknowledged write was not seen");
        },
      );
    },
  },
  {
    id: "secret-backend/list/works",
    title: "lists all names, ascending by UTF-16 code units",
    async run(backend) {
      for (const name of [...awkwardStrings].reverse())
        await backend.write(name, payload("value"), { expect: "absent" });
      assert.deepStrictEqual(await backend.list(), [...awkwardStrings].sort(byCodeUnits));
    },
  },
  {
    id: "secret-backend/list/works/many",
    title: "lists more names than one page of a listing",
    async run(backend) {
      const names = Array.from({ length: 1200 }, (_, i) => `name ${String(i).padStart(4, "0")}`);
      await Promise.all(names.map((name) => backend.write(name, payload("value"), { expect: "absent" })));
      assert.deepStrictEqual(await backend.list(), names);
    },
  },
  {
    id: "secret-backend/list/empty-input",
    title: "lists nothing of an empty backend",
    async run(backend) {
      assert.deepStrictEqual(await backend.list(), []);
    },
  },
  {
    id: "secret-backend/list/duplicate",
    title: "lists a name once, however often it was written, and not after it was deleted",
    async run(backend) {
      const { revision } = await backend.write("key", payload("one"), { expect: "absent" });
      await backend.write("key", payload("two"), { expect: revision });
      assert.deepStrictEqual(await backend.list(), ["key"]);
      await backend.delete("key");
      assert.deepStrictEqual(await backend.list(), []);
    },
  },
  {
    id: "secret-backend/list/concurrent",
    title: "lists every name that stays, while others come and go",
    async run(backend) {
      await backend.write("stay", payload("value"), { expect: "absent" });
      await interleave(
        async () => {
          await backend.write("comes and goes", payload("value"), { expect: "absent" });
          await backend.delete("comes and goes");
        },
        async () => {
          const names = await backend.list();
          assert.ok(names.includes("stay"), "a name was missing");
          assert.ok(names.every((name) => name === "stay" || name === "comes and goes"));
        },
      );
    },
  },
  {
    id: "secret-backend/delete/works",
    title: "deletes a record, and no other",
    async run(backend) {
      for (const name of ["a", "ab", "a/b"]) await backend.write(name, payload(name), { expect: "absent" });
      await backend.delete("a");
      assert.equal(await backend.read("a"), undefined);
      await assertSecrets(
        backend,
        new Map([
          ["a/b", "a/b"],
          ["ab", "ab"],
        ]),
      );
    },
  },
  {
    id: "secret-backend/delete/unknown-id",
    title: "deletes a record that is not there without an error, in an empty backend too",
    async run(backend) {
      await backend.delete("never");
      await backend.write("a", payload("a"), { expect: "absent" });
      await backend.delete("never");
      await assertSecrets(backend, new Map([["a", "a"]]));
    },
  },
  {
    id: "secret-backend/delete/duplicate",
    title: "deletes a record twice without an error",
    async run(backend) {
      for (const name of ["a", "b"]) await backend.write(name, payload(name), { expect: "absent" });
      await backend.delete("a");
      await backend.delete("a");
      await assertSecrets(backend, new Map([["b", "b"]]));
    },
  },
  {
    id: "secret-backend/delete/concurrent",
    title: "deletes what many delete at once, and keeps what is written at the same time",
    async run(backend) {
      for (const name of ["a", "b"]) await backend.write(name, payload(name), { expect: "absent" });
      const fresh = Array.from({ length: 10 }, (_, i) => `fresh ${i}`);
      await Promise.all([
        ...["a", "b", "a", "b"].map((name) => backend.delete(name)),
        ...fresh.map((name) => backend.write(name, payload(name), { expect: "absent" })),
      ]);
      await assertSecrets(backend, new Map(fresh.map((name) => [name, name])));
    },
  },
];
