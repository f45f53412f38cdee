import assert from "node:assert/strict";
import { isKeelsonError, type Storage } from "@keelson/core";
import { assertBytes, bytes } from "../blob-store/subject.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { type Outcome, outcomeOf } from "../conformance/outcome.ts";
import { payload, valueOfSecret } from "../secret-backend/subject.ts";
import { readValue } from "../state-store/read-state.ts";
import { assertRecords, openCollection, record, sees } from "../vector-store/subject.ts";

/** Closing a storage, and what is true of its parts together. */
export const closeCases: readonly ConformanceCase<Storage>[] = [
  {
    id: "storage/close/works",
    title: "closes a storage that was used",
    async run(storage) {
      await storage.state.commit([{ key: "a", value: 1 }]);
      await storage.blobs.put("a", bytes("a"));
      assert.equal(await storage.close(), undefined);
    },
  },
  {
    id: "storage/close/duplicate",
    title: "closes twice without an error",
    async run(storage) {
      await storage.close();
      await storage.close();
    },
  },
  {
    id: "storage/close/concurrent",
    title: "closes once for many calls at once, all of which resolve",
    async run(storage) {
      await Promise.all([storage.close(), storage.close(), storage.close()]);
    },
  },
  {
    id: "storage/close/under-way",
    title: "ends what is under way: each call succeeds or rejects with STORE_CLOSED, and none hangs",
    async run(storage) {
      const collection = await openCollection(storage.vectors);
      const calls = startAll(storage, collection);
      await storage.close();
      for (const outcome of await Promise.all(calls)) assertEnded(outcome);
    },
  },
  {
    id: "storage/close/under-way/durable",
    title: "has after reopening all that was acknowledged while it was closed",
    when: (_, context) => context.canReopen,
    async run(storage, context) {
      const collection = await openCollection(storage.vectors);
      const [state, blob, secret, vector] = startAll(storage, collection);
      await storage.close();
      const outcomes = await Promise.all([state, blob, secret, vector]);
      const reopened = await context.reopen();
      if (outcomes[0]?.status === "answered") assert.equal(await readValue(reopened.state, "a"), 1);
      if (outcomes[1]?.status === "answered") assertBytes(await reopened.blobs.get("a"), bytes("a"));
      if (outcomes[2]?.status === "answered") assert.equal(await valueOfSecret(reopened.secrets, "a"), "a");
      if (outcomes[3]?.status === "answered" && reopened.vectors.capabilities.durable)
        assertRecords(await (await openCollection(reopened.vectors)).get(["a"]), [record("a")]);
    },
  },
  {
    id: "storage/parts/apart",
    title: "keeps state, blobs, secrets and collections of one name apart",
    async run(storage, context) {
      const { state, blobs, secrets, vectors } = storage;
      const name = "same/name";
      await state.commit([{ key: name, value: "state" }]);
      await blobs.put(name, bytes("blob"));
      await secrets.write(name, payload("secret"), { expect: "absent" });
      const collection = await openCollection(vectors, { name });
      await collection.upsert([record(name)]);

      assert.equal(await readValue(state, name), "state");
      assertBytes(await blobs.get(name), bytes("blob"));
      assert.equal(await valueOfSecret(secrets, name), "secret");
      assert.deepStrictEqual(
        (await state.scan()).map(({ key }) => key),
        [name],
      );
      assert.deepStrictEqual(
        (await blobs.list("")).map(({ key }) => key),
        [name],
      );
      assert.deepStrictEqual(await secrets.list(), [name]);
      assert.deepStrictEqual(
        (await vectors.list()).map((info) => info.name),
        [name],
      );

      await state.commit([{ key: name, delete: true }]);
      await blobs.delete(name);
      await secrets.delete(name);
      await sees(vectors, context, async () => assertRecords(await collection.get([name]), [record(name)]));
    },
  },
];

function startAll(
  storage: Storage,
  collection: Awaited<ReturnType<typeof openCollection>>,
): Promise<Outcome<unknown>>[] {
  return [
    outcomeOf<unknown>(() => storage.state.commit([{ key: "a", value: 1 }])),
    outcomeOf<unknown>(() => storage.blobs.put("a", bytes("a"))),
    outcomeOf<unknown>(() => storage.secrets.write("a", payload("a"), { expect: "absent" })),
    outcomeOf<unknown>(() => collection.upsert([record("a")])),
    outcomeOf<unknown>(() => storage.state.get(["a"])),
    outcomeOf<unknown>(() => storage.blobs.get("a")),
  ];
}

function assertEnded(outcome: Outcome<unknown>): void {
  assert.ok(
    outcome.status === "answered" || isKeelsonError(outcome.reason, "STORE_CLOSED"),
    "a call under way ended with something else than an answer or STORE_CLOSED",
  );
}
