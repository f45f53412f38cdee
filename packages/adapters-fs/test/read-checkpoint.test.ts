import { inspectFsStorage } from "@keelson/adapters-fs";
import { describe, expect, it } from "vitest";
import { readCheckpoint } from "../src/checkpoint/read-checkpoint.ts";
import { createTestMachine, STORE, type TestMachine } from "./subject.ts";

const SHAPE = { dimension: 2, metric: "dot" } as const;
const CHECKPOINT = `${STORE}/checkpoint`;
const ADDED = Array.from({ length: 40 }, (_, n) => ({ id: `b${n}`, vector: Float32Array.of(n, 2) }));

/** A checkpoint in which a collection has more records than it was said to have. */
async function createGrown(): Promise<TestMachine> {
  const machine = createTestMachine();
  const storage = await machine.open({ compactAt: 1 });
  const docs = await storage.vectors.open("docs", SHAPE);
  // More than a block takes.
  await docs.upsert([{ id: "a", vector: Float32Array.of(1, 2), text: "t".repeat(5_000_000) }]);
  let added: Promise<void> | undefined;
  let writes = 0;
  machine.fileSystem.fault = ({ name, path }) => {
    // The header of the file, the collection, and then its first records.
    if (name === "write" && path.startsWith(`${STORE}/tmp/`) && ++writes === 3)
      added = Promise.resolve(docs.upsert(ADDED));
    return undefined;
  };
  await storage.reclaim?.();
  await added;
  await storage.close();
  machine.fileSystem.fault = undefined;
  return machine;
}

/** Where the vectors of each block stand: in the frame before that of its texts. */
async function vectorPlaces(machine: TestMachine): Promise<number[]> {
  const places: number[] = [];
  let before = 0;
  for await (const frame of inspectFsStorage(STORE, machine)) {
    if (!("parts" in frame) || frame.file !== CHECKPOINT) continue;
    if (frame.parts[0]?.type === "upsert") places.push(before + 32);
    before = frame.start;
  }
  return places;
}

describe(readCheckpoint.name, () => {
  it("puts vectors that come late in their places, though their collection grew while it was written", async () => {
    const machine = await createGrown();
    const places = await vectorPlaces(machine);
    expect(places).toHaveLength(2);
    const late = async (): Promise<undefined> => {
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    let lateReads = 0;
    machine.fileSystem.fault = ({ name, path, position = 0 }) => {
      if (name !== "read" || path !== CHECKPOINT || !places.includes(position)) return undefined;
      lateReads++;
      return late();
    };
    const storage = await machine.open();
    const docs = await storage.vectors.open("docs", SHAPE);
    const found = await docs.get(["a", ...ADDED.map(({ id }) => id)]);
    expect(found.map((record) => [...(record?.vector ?? [])])).toEqual([
      [1, 2],
      ...ADDED.map(({ vector }) => [...vector]),
    ]);
    expect(lateReads).toBe(2);
    await storage.close();
  });
});
