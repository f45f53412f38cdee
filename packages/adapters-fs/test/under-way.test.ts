import { type FsStorageOptions, openFsStorage } from "@keelson/adapters-fs";
import { createMemoryStorage } from "@keelson/adapters-memory";
import { isKeelsonError, Secret, type Storage, type VectorCollection } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createNumbers, digestOf } from "./random-writes.ts";
import { createTestMachine, type TestMachine } from "./subject.ts";

const SHAPE = { dimension: 2, metric: "dot" } as const;
const COLLECTIONS = ["one", "two"];
const HISTORIES = 25;
const STEPS = 100;

/** A storage with the handles of its collections, so that a call reaches it in the turn in which it is made. */
interface Side {
  readonly storage: Storage;
  readonly collections: ReadonlyMap<string, VectorCollection>;
}
type Call = (side: Side, signal: AbortSignal) => unknown;
type Numbers = () => number;

async function sideOf(storage: Storage): Promise<Side> {
  const collections = new Map<string, VectorCollection>();
  for (const name of COLLECTIONS) collections.set(name, await storage.vectors.open(name, SHAPE));
  return { storage, collections };
}

/** A call that takes its effect in the turn in which it is made, if it does. */
function randomCall(next: Numbers, step: number): Call {
  const pick = (count: number): number => Math.floor(next() * count);
  const id = (): string => String(pick(40));
  const ids = [...new Set(Array.from({ length: 1 + pick(8) }, id))];
  const name = COLLECTIONS[pick(COLLECTIONS.length)] as string;
  const on = (call: (docs: VectorCollection, signal: AbortSignal) => unknown): Call => {
    return ({ collections }, signal) => call(collections.get(name) as VectorCollection, signal);
  };
  const expected = next() < 0.5 ? "absent" : 1 + pick(step + 1);
  switch (pick(9)) {
    case 0:
    case 1: {
      const record = (each: string) => ({
        id: each,
        vector: Float32Array.of(pick(5), step),
        text: `${step}`,
      });
      const records = ids.map(record);
      return on((docs, signal) => docs.upsert(records, { signal }));
    }
    case 2:
      return on((docs, signal) => docs.delete(ids, { signal }));
    case 3:
      return on((docs, signal) => docs.get(ids, { signal }));
    case 4: {
      const vector = Float32Array.of(pick(3), 1);
      return on((docs, signal) => docs.query(vector, { topK: 3, signal }));
    }
    case 5: {
      const changes = ids.map((key, n) => ({
        key,
        value: { step, n },
        ...(n === 0 && { expect: expected }),
      }));
      return ({ storage }, signal) => storage.state.commit(changes as never, { signal });
    }
    case 6: {
      const changes = ids.map((key) => ({ key, delete: true as const }));
      return ({ storage }, signal) => storage.state.commit(changes, { signal });
    }
    case 7: {
      const prefix = id().slice(0, 1);
      return ({ storage }, signal) => storage.state.scan({ prefix, limit: 4, signal });
    }
    default: {
      const secret = new Secret(`${step}`, { name: id(), version: 1 });
      return ({ storage }, signal) =>
        storage.secrets.write(secret.name, secret, { expect: expected as number, signal });
    }
  }
}

const ABORTED = "aborted";

async function outcomeOf(call: Call, side: Side, signal: AbortSignal): Promise<unknown> {
  try {
    return { answer: await call(side, signal) };
  } catch (error) {
    if (error === ABORTED) return ABORTED;
    if (!isKeelsonError(error)) throw error;
    return { code: error.code, details: error.details };
  }
}

async function waitTurns(count: number): Promise<undefined> {
  for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
}

/** Has half of what is asked of the file system take some turns. */
function slowDown({ fileSystem }: TestMachine, next: Numbers): void {
  fileSystem.fault = ({ name }) => {
    const turns = Math.floor(next() * 16) - 8;
    return name === "readSync" || turns <= 0 ? undefined : waitTurns(turns);
  };
}

/** What was aborted may be on its way still. */
async function settle({ storage, collections }: Side): Promise<void> {
  await Promise.all([...collections.values()].map((docs) => docs.get([])));
  await storage.state.get([]);
  await storage.secrets.list();
}

async function runHistory(seed: number): Promise<void> {
  const next = createNumbers(Math.imul(seed, 0x9e3779b1));
  const pick = (count: number): number => Math.floor(next() * count);
  const options: FsStorageOptions = {
    segmentBytes: [1, 400, 1 << 20][pick(3)],
    compactFromBytes: [1, 2000, 1 << 20][pick(3)],
    durability: pick(2) === 0 ? "disk" : "os",
  };
  const memory = await sideOf(createMemoryStorage());
  let machine = createTestMachine();
  slowDown(machine, next);
  let storage = await machine.open(options);
  let disk = await sideOf(storage);
  let underWay: Promise<unknown>[] = [];
  const finish = async (): Promise<void> => {
    const all = underWay;
    underWay = [];
    await Promise.all(all);
  };
  const same = async (one: Storage): Promise<void> =>
    expect(await digestOf(one)).toBe(await digestOf(memory.storage));
  const begin = async (call: Call, abortAfter: number): Promise<void> => {
    const aborting = new AbortController();
    const outcomes = [
      outcomeOf(call, disk, aborting.signal),
      outcomeOf(call, memory, new AbortController().signal),
    ];
    if (abortAfter >= 0) void waitTurns(abortAfter).then(() => aborting.abort(ABORTED));
    const [onDisk, inMemory] = await Promise.all(outcomes);
    if (onDisk !== ABORTED) expect(onDisk).toStrictEqual(inMemory);
  };

  for (let step = 0; step < STEPS; step++) {
    const kind = next();
    if (kind < 0.7) {
      underWay.push(begin(randomCall(next, step), pick(20) - 16));
    } else if (kind < 0.76) {
      underWay.push(Promise.resolve(storage.reclaim?.()));
    } else if (kind < 0.78) {
      underWay.push(storage.rotateMasterKey());
    } else if (kind < 0.88) {
      await waitTurns(pick(12));
    } else if (kind < 0.91) {
      await finish();
      await settle(disk);
      const reader = await machine.open({ ...options, readOnly: true });
      await same(reader);
      await reader.close();
    } else if (kind < 0.94) {
      await same(storage);
    } else if (kind < 0.97) {
      // All that is under way comes to its end.
      await Promise.all([storage.close(), finish()]);
      expect(machine.fileSystem.openFiles).toBe(0);
      storage = await machine.open(options);
      disk = await sideOf(storage);
    } else {
      await finish();
      await settle(disk);
      // What is under way by itself ends with its process: a compaction, texts on their way.
      const killed = machine.fileSystem;
      machine = createTestMachine(killed.clone());
      killed.fault = () => new Promise(() => {});
      slowDown(machine, next);
      storage = await machine.open(options);
      disk = await sideOf(storage);
    }
  }
  await finish();
  await same(storage);
  await storage.close();
  expect(machine.fileSystem.openFiles).toBe(0);
}

describe(`${openFsStorage.name}, with much under way at once`, () => {
  it("answers what memory answers, on a slow medium, and wherever it is closed or killed", {
    timeout: 60_000,
  }, async () => {
    for (let seed = 1; seed <= HISTORIES; seed++) await runHistory(seed);
  });
});
