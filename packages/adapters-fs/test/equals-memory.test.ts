import { openFsStorage } from "@keelson/adapters-fs";
import { createMemoryStorage } from "@keelson/adapters-memory";
import {
  isKeelsonError,
  type Json,
  Secret,
  type StateChange,
  type Storage,
  type VectorCollection,
  type VectorMetric,
} from "@keelson/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTestMachine } from "./subject.ts";

type Step = (storage: Storage) => Promise<unknown>;
type Act = { readonly name: string; readonly step: Step } | { readonly name: "close" | "kill" | "power cut" };

const name = fc.constantFrom("a", "A", "a/b", "é\u{1f600}", "__proto__");
const expectation = fc.option(fc.oneof(fc.constant("absent" as const), fc.integer({ min: 1, max: 12 })), {
  nil: undefined,
});
const text = fc.string({ unit: "binary", maxLength: 6 });
const metadata = fc.dictionary(fc.constantFrom("x", "y", "__proto__"), fc.jsonValue() as fc.Arbitrary<Json>);
const vector = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 2, maxLength: 2 })
  .map((values) => Float32Array.from(values));

const changes = fc.uniqueArray(
  fc.oneof(
    fc.record({ key: name, value: fc.jsonValue() as fc.Arbitrary<Json>, expect: expectation }),
    fc.record({ key: name, delete: fc.constant(true as const), expect: expectation }),
    fc.record({ key: name, expect: fc.constant("absent" as const) }),
  ) as fc.Arbitrary<StateChange>,
  { selector: (change) => change.key, maxLength: 3 },
);
const commit = changes.map(
  (each): Act => ({ name: "commit", step: async ({ state }) => state.commit(each) }),
);
const readState = fc
  .record({
    keys: fc.array(name, { maxLength: 3 }),
    prefix: fc.constantFrom("", "a"),
    limit: fc.nat({ max: 3 }),
  })
  .map(
    ({ keys, ...page }): Act => ({
      name: "read state",
      step: async ({ state }) => [await state.get(keys), await state.scan(page)],
    }),
  );

const record = fc.record(
  { id: name, vector, text, metadata },
  { requiredKeys: ["id", "vector"], noNullPrototype: true },
);
const onCollection = fc.oneof(
  fc.uniqueArray(record, { selector: ({ id }) => id, maxLength: 4 }).map((records) => ({
    name: "upsert",
    call: (docs: VectorCollection) => docs.upsert(records) as unknown,
  })),
  fc.array(name, { maxLength: 3 }).map((ids) => ({
    name: "delete vectors",
    call: (docs: VectorCollection) => docs.delete(ids) as unknown,
  })),
  fc
    .record({ ids: fc.array(name, { maxLength: 3 }), query: vector, topK: fc.nat({ max: 4 }) })
    .map((read) => ({
      name: "read vectors",
      call: async (docs: VectorCollection) => [
        await docs.get(read.ids),
        await docs.scan?.({ limit: 2 }),
        await docs.query(read.query, { topK: read.topK, filter: { not: { field: "x", exists: true } } }),
      ],
    })),
);
const vectors = fc
  .record({
    collection: fc.constantFrom("one", "two"),
    metric: fc.constantFrom<VectorMetric>("cosine", "dot"),
    on: onCollection,
  })
  .map(
    ({ collection, metric, on }): Act => ({
      name: on.name,
      step: async (storage) => on.call(await storage.vectors.open(collection, { dimension: 2, metric })),
    }),
  );
const collections = fc.constantFrom("one", "two").map(
  (collection): Act => ({
    name: "drop",
    step: async (storage) => [await storage.vectors.drop(collection), await storage.vectors.list()],
  }),
);

const blobs = fc.oneof(
  fc.record({ key: name, bytes: fc.uint8Array({ maxLength: 4 }), ifAbsent: fc.boolean() }).map(
    ({ key, bytes, ifAbsent }): Act => ({
      name: "put",
      step: async (storage) => storage.blobs.put(key, bytes, { ifAbsent }),
    }),
  ),
  name.map((key): Act => ({ name: "delete blob", step: async (storage) => storage.blobs.delete(key) })),
  name.map(
    (key): Act => ({
      name: "read blobs",
      step: async (storage) => [
        await storage.blobs.get(key),
        await storage.blobs.stat(key),
        await storage.blobs.list("a", { limit: 2 }),
      ],
    }),
  ),
);

const secrets = fc.oneof(
  fc.record({ key: name, value: text, expect: expectation }).map(
    ({ key, value, expect: expected }): Act => ({
      name: "write secret",
      step: async (storage) =>
        storage.secrets.write(key, new Secret(value, { name: key, version: 1 }), {
          expect: expected ?? "absent",
        }),
    }),
  ),
  name.map((key): Act => ({ name: "delete secret", step: async (storage) => storage.secrets.delete(key) })),
  name.map(
    (key): Act => ({
      name: "read secrets",
      step: async (storage) => {
        const found = await storage.secrets.read(key);
        return [
          found && [found.payload.expose(), String(found.payload), found.revision],
          await storage.secrets.list(),
        ];
      },
    }),
  ),
);

const act = fc.oneof(
  { weight: 6, arbitrary: commit },
  { weight: 2, arbitrary: readState },
  { weight: 6, arbitrary: vectors },
  { weight: 1, arbitrary: collections },
  { weight: 4, arbitrary: blobs },
  { weight: 3, arbitrary: secrets },
  { weight: 2, arbitrary: fc.constantFrom<Act>({ name: "close" }, { name: "kill" }, { name: "power cut" }) },
  { weight: 1, arbitrary: fc.constant<Act>({ name: "reclaim", step: reclaim }) },
);

// By how much the files became smaller is each storage's own.
async function reclaim(storage: Storage): Promise<unknown> {
  return (await storage.reclaim?.())?.stores.length;
}

async function outcome(step: Step, storage: Storage): Promise<unknown> {
  try {
    return { answer: await step(storage) };
  } catch (error) {
    if (!isKeelsonError(error)) throw error;
    return { code: error.code, details: error.details };
  }
}

// `KEELSON_MODEL_OPERATIONS=100000 vitest run --project adapters-fs equals-memory` is what a release is held to.
const { KEELSON_MODEL_OPERATIONS = "3000" } = process.env;
const OPERATIONS = Number(KEELSON_MODEL_OPERATIONS);
const MOST_PER_RUN = 60;

describe(openFsStorage.name, () => {
  it("answers what memory answers, op by op, however often it is closed, killed or cut off from power in between", {
    timeout: 60_000 + 10 * OPERATIONS,
  }, async () => {
    let done = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 1, maxLength: MOST_PER_RUN, size: "max" }),
        fc.constantFrom(1, 300, 1 << 20),
        fc.constantFrom(1, 2000, 1 << 20),
        async (acts, segmentBytes, compactFromBytes) => {
          let machine = createTestMachine();
          const memory = createMemoryStorage();
          let fs = await machine.open({ segmentBytes, compactFromBytes });
          done += acts.length;
          for (const each of acts) {
            if ("step" in each) {
              const [onDisk, inMemory] = [await outcome(each.step, fs), await outcome(each.step, memory)];
              expect(onDisk, each.name).toStrictEqual(inMemory);
              continue;
            }
            if (each.name === "close") await fs.close();
            else machine.kill();
            if (each.name === "power cut") {
              const states = machine.fileSystem.crashStates({ limit: 3, seed: done });
              machine = createTestMachine(states[done % states.length]);
            }
            fs = await machine.open({ segmentBytes, compactFromBytes });
          }
        },
      ),
      { numRuns: Math.ceil((2 * OPERATIONS) / MOST_PER_RUN) },
    );
    expect(done).toBeGreaterThan(OPERATIONS / 2);
  });
});
