import { openFsStorage } from "@keelson/adapters-fs";
import { Secret, type Storage } from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readStore, type SecondReading } from "./second-reader.ts";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

type Step = (storage: Storage) => Promise<unknown>;

const id = fc.constantFrom("a", "é\u{1f600}", "__proto__", "c");
const collection = fc.constantFrom("one", "two");
const text = fc.option(fc.constantFrom("", "text", "lone \ud800"), { nil: undefined });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      collection,
      ids: fc.uniqueArray(id, { minLength: 1 }),
      text,
      n: fc.integer({ min: -9, max: 9 }),
    })
    .map(
      (each): Step =>
        async ({ vectors }) => {
          const docs = await vectors.open(each.collection, { dimension: 2, metric: "dot" });
          const metadata = each.n < 0 ? undefined : { n: each.n };
          return docs.upsert(
            each.ids.map((key) => ({
              id: key,
              vector: Float32Array.of(each.n, 0.1),
              text: each.text,
              metadata,
            })),
          );
        },
    ),
  fc.record({ collection, ids: fc.array(id) }).map(
    (each): Step =>
      async ({ vectors }) => {
        const docs = await vectors.open(each.collection, { dimension: 2, metric: "dot" });
        return docs.delete(each.ids);
      },
  ),
  collection.map(
    (name): Step =>
      async ({ vectors }) =>
        vectors.drop(name),
  ),
  fc.record({ key: id, value: fc.option(fc.jsonValue(), { nil: undefined }) }).map(
    ({ key, value }): Step =>
      async ({ state }) =>
        state.commit([value === undefined ? { key, delete: true } : { key, value: value as never }]),
  ),
  fc.record({ key: id, gone: fc.boolean() }).map(
    ({ key, gone }): Step =>
      async ({ secrets }) => {
        const expected = (await secrets.read(key))?.revision ?? "absent";
        if (gone) return secrets.delete(key);
        return secrets.write(key, new Secret("hunter2", { name: key, version: 1 }), { expect: expected });
      },
  ),
  fc.record({ key: id, bytes: fc.uint8Array({ maxLength: 5 }) }).map(
    ({ key, bytes }): Step =>
      async ({ blobs }) =>
        blobs.put(key, bytes),
  ),
  fc.constant<Step>(async (storage) => storage.reclaim?.()),
);

function readBySecond(machine: TestMachine): SecondReading {
  const { files } = machine.fileSystem;
  const inside = files.keys().map((path) => [path.slice(STORE.length + 1), files.get(path)] as const);
  return readStore(new Map(inside as [string, Uint8Array][]));
}

/** What the store itself says, in the second reader's shape. */
async function readByFirst(storage: Storage): Promise<unknown> {
  const collections = [];
  for (const { name, dimension, metric } of await storage.vectors.list()) {
    const docs = await storage.vectors.open(name, { dimension, metric });
    const records = ((await docs.scan?.()) ?? []).map(({ id: key, vector, ...rest }) => [
      key,
      { vector: [...vector], ...rest },
    ]);
    collections.push([name, { dimension, metric, records: new Map(records as [string, unknown][]) }]);
  }
  const entries = (await storage.state.scan()).map(({ key, ...rest }) => [key, rest] as const);
  const blobs = [];
  for (const { key } of await storage.blobs.list(""))
    blobs.push([key, [...((await storage.blobs.get(key)) ?? [])]] as const);
  return {
    collections: new Map(collections as [string, unknown][]),
    entries: new Map(entries),
    secrets: await storage.secrets.list(),
    blobs: new Map(blobs),
    revision: (await storage.state.commit([])).revision,
  };
}

function asMaps({ collections, entries, secrets, blobs, revision }: SecondReading): unknown {
  const found = Object.entries(collections).map(([name, { records, ...shape }]) => [
    name,
    { ...shape, records: new Map(Object.entries(records)) },
  ]);
  return {
    collections: new Map(found as [string, unknown][]),
    entries: new Map(Object.entries(entries)),
    secrets: Object.keys(secrets).sort(),
    blobs: new Map(Object.entries(blobs)),
    revision,
  };
}

describe(`the format of ${openFsStorage.name}`, () => {
  it("is what the guide says: a reader made of the guide alone finds what the store holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 25, size: "max" }),
        fc.constantFrom(1, 500, 1 << 20),
        fc.constantFrom("disk" as const, "os" as const),
        async (steps, segmentBytes, durability) => {
          const machine = createTestMachine();
          const storage = await machine.open({ segmentBytes, durability, compactFromBytes: 1000 });
          for (const each of steps) await each(storage);
          const wanted = await readByFirst(storage);
          // As a kill leaves it, with room for frames to come.
          expect(asMaps(readBySecond(machine))).toEqual(wanted);
          await storage.close();
          expect(asMaps(readBySecond(machine))).toEqual(wanted);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("can be read while a compaction was under way", async () => {
    const machine = createTestMachine();
    const storage = await machine.open({ compactAt: 1 });
    const docs = await storage.vectors.open("docs", { dimension: 1, metric: "cosine" });
    await docs.upsert(["a", "b"].map((key) => ({ id: key, vector: Float32Array.of(1) })));
    const meanwhile: Promise<unknown>[] = [];
    machine.fileSystem.fault = ({ path }) => {
      if (path.startsWith(`${STORE}/tmp/`) && meanwhile.length < 20)
        meanwhile.push(
          Promise.resolve(docs.upsert([{ id: `${meanwhile.length}`, vector: Float32Array.of(2) }])),
        );
      return undefined;
    };
    await storage.reclaim?.();
    machine.fileSystem.fault = undefined;
    await Promise.all(meanwhile);
    const wanted = await readByFirst(storage);
    await storage.close();
    expect(asMaps(readBySecond(machine))).toEqual(wanted);
  });
});
