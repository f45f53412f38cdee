import assert from "node:assert/strict";
import type { ReclaimResult, Storage } from "@keelson/core";
import { assertBytes, bytes } from "../blob-store/subject.ts";
import { abortCases, strictAbortCases } from "../conformance/abort-cases.ts";
import type { ConformanceCase } from "../conformance/conformance-case.ts";
import { payload, valueOfSecret } from "../secret-backend/subject.ts";
import { assertContents } from "../state-store/read-state.ts";
import { assertRecords, openCollection, record } from "../vector-store/subject.ts";

const canReclaim = ({ reclaim }: Storage): boolean => reclaim !== undefined;

/** Reclaiming, as far as it can be seen from outside: it must change nothing of what is stored. */
export const reclaimCases: readonly ConformanceCase<Storage>[] = [
  {
    id: "storage/reclaim/works",
    title: "changes nothing of what is stored, and names stores of its own only",
    when: canReclaim,
    async run(storage) {
      await fill(storage);
      assertResult(storage, await storage.reclaim?.());
      await assertFilled(storage);
    },
  },
  {
    id: "storage/reclaim/works/durable",
    title: "has after reopening all that was stored when it reclaimed, and what was written since",
    when: (storage, context) => canReclaim(storage) && context.canReopen,
    async run(storage, context) {
      await fill(storage);
      await storage.reclaim?.();
      await storage.state.commit([{ key: "replaced", value: "twice" }]);
      const reopened = await context.reopen();
      await assertContents(reopened.state, { kept: 1, replaced: "twice" });
      await reopened.state.commit([{ key: "replaced", value: "new" }]);
      await assertFilled(reopened);
    },
  },
  {
    id: "storage/reclaim/duplicate",
    title: "reclaims again without an error, also where there is nothing to reclaim",
    when: canReclaim,
    async run(storage) {
      assertResult(storage, await storage.reclaim?.());
      await fill(storage);
      await storage.reclaim?.();
      assertResult(storage, await storage.reclaim?.());
      await assertFilled(storage);
    },
  },
  {
    id: "storage/reclaim/concurrent",
    title: "lets reads and writes go on meanwhile, and loses none of them",
    when: canReclaim,
    async run(storage) {
      await fill(storage);
      const [, , found] = await Promise.all([
        storage.reclaim?.(),
        storage.state.commit([{ key: "meanwhile", value: 2 }]),
        storage.state.get(["kept"]),
        storage.blobs.put("meanwhile", bytes("meanwhile")),
        storage.reclaim?.(),
      ]);
      assert.equal(found[0]?.value, 1);
      assertBytes(await storage.blobs.get("meanwhile"), bytes("meanwhile"));
      await storage.state.commit([{ key: "meanwhile", delete: true, expect: await revisionOf(storage) }]);
      await assertFilled(storage);
    },
  },
  ...[abortCases, strictAbortCases].flatMap((cases) =>
    cases<Storage, void>("storage", [
      {
        method: "reclaim",
        when: canReclaim,
        prepare: fill,
        call: (storage, signal) => storage.reclaim?.({ signal }),
        untouched: assertFilled,
        settled: assertFilled,
      },
    ]),
  ),
];

async function fill({ state, blobs, secrets, vectors }: Storage): Promise<void> {
  const collection = await openCollection(vectors);
  await collection.upsert([record("kept"), record("gone"), record("replaced")]);
  await collection.upsert([record("replaced", [0, 1, 0], { text: "new" })]);
  await collection.delete(["gone"]);
  await state.commit([
    { key: "kept", value: 1 },
    { key: "gone", value: 1 },
    { key: "replaced", value: "old" },
  ]);
  await state.commit([
    { key: "gone", delete: true },
    { key: "replaced", value: "new" },
  ]);
  for (const key of ["kept", "gone"]) await blobs.put(key, bytes(key));
  await blobs.delete("gone");
  await secrets.write("kept", payload("secret"), { expect: "absent" });
}

async function assertFilled({ state, blobs, secrets, vectors }: Storage): Promise<void> {
  await assertContents(state, { kept: 1, replaced: "new" });
  assertBytes(await blobs.get("kept"), bytes("kept"));
  assertBytes(await blobs.get("gone"), undefined);
  assert.equal(await valueOfSecret(secrets, "kept"), "secret");
  const collection = await openCollection(vectors);
  const expected = [record("kept"), undefined, record("replaced", [0, 1, 0], { text: "new" })];
  assertRecords(await collection.get(["kept", "gone", "replaced"]), expected);
}

async function revisionOf({ state }: Storage): Promise<number> {
  const [found] = await state.get(["meanwhile"]);
  assert.ok(found, "a commit was lost that was made while the storage reclaimed");
  return found.revision;
}

function assertResult(storage: Storage, result: ReclaimResult | undefined): void {
  const { reclaimedBytes, stores } = result ?? { reclaimedBytes: -1, stores: [] };
  assert.ok(Number.isSafeInteger(reclaimedBytes) && reclaimedBytes >= 0, "reclaimedBytes is no size");
  const own: readonly object[] = [storage.vectors, storage.state, storage.blobs, storage.secrets];
  assert.ok(stores.length > 0 && stores.every((store) => own.includes(store)), "stores holds a foreign one");
}
