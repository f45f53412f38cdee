import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import type { Embedder, Storage } from "@keelson/core";
import { describe, expect, it } from "vitest";
import { createIndex, type Index, type SourceDocument } from "../src/index.ts";
import { createFaultyStorage, type FaultMode, faultModes, InjectedFault } from "./faults.ts";
import { contentOf, createLetters, faultsOf, paragraphs, tinyRedactor } from "./support.ts";

const NOW = 1_000_000;

const before: SourceDocument[] = [
  { id: "rewritten", text: "one\n\ntwo\n\nthree", subjects: ["ann"] },
  { id: "relabelled", text: "four\n\nfive", metadata: { tag: "old" } },
  { id: "same", text: "six" },
  { id: "passing", text: "seven\n\neight", ttlMs: 1000 },
  { id: "lasting", text: "nine", expiresAtMs: NOW + 1_000_000 },
];

const after: SourceDocument[] = [
  { id: "rewritten", text: "one\n\ntwo and a half\n\nthree", subjects: ["bob"] },
  { id: "relabelled", text: "four\n\nfive", metadata: { tag: "new" } },
  { id: "same", text: "six" },
  { id: "lasting", text: "nine", expiresAtMs: NOW + 2_000_000 },
  { id: "new", text: "ten\n\neleven" },
];

const ids = ["rewritten", "relabelled", "same", "passing", "lasting", "new"];

interface World {
  readonly clock: ManualClock;
  readonly snapshotId: string;
}

interface Operation {
  readonly name: string;
  readonly run: (index: Index, world: World) => Promise<unknown>;
  /** Of another embedder than the index. */
  readonly embedder?: Embedder;
  /** Does all of it show at once? */
  readonly atomic: boolean;
  /** When it runs. */
  readonly nowMs?: number;
}

const operations: Operation[] = [
  { name: "upsert", run: (index) => index.upsert(after), atomic: true },
  { name: "reindex", run: (index) => index.reindex(after), atomic: true },
  {
    name: "reindex with another embedder",
    run: (index) => index.reindex(after),
    embedder: createLetters("other@22"),
    atomic: false,
  },
  { name: "remove", run: (index) => index.remove(["rewritten", "passing", "unknown"]), atomic: true },
  {
    name: "sweepExpired",
    run: (index) => index.sweepExpired(),
    nowMs: NOW + 1000,
    atomic: true,
  },
  { name: "snapshot", run: (index) => index.snapshot(), atomic: true },
  { name: "restore", run: (index, { snapshotId }) => index.restore(snapshotId), atomic: true },
];

async function createWorld(storage: Storage): Promise<World & { readonly clock: ManualClock }> {
  const clock = createManualClock({ nowMs: NOW });
  const index = await open(storage, clock);
  await index.upsert(before);
  const { id: snapshotId } = await index.snapshot();
  await index.upsert([{ id: "same", text: "six since the snapshot" }]);
  await index.remove(["lasting"]);
  await index.upsert([before[4] as SourceDocument]);
  await index.upsert([before[2] as SourceDocument]);
  return { clock, snapshotId };
}

function open(storage: Storage, clock: ManualClock, embedder: Embedder = createLetters()): Promise<Index> {
  const options = { name: "docs", redactor: tinyRedactor, chunker: paragraphs, clock };
  return createIndex({ ...storage, ...options, embedder });
}

/** All that can be seen of the index, whoever made its vectors. */
async function view(storage: Storage, clock: ManualClock): Promise<unknown> {
  const index = await open(storage, clock);
  const { documents, chunks } = await index.status();
  const snapshots = await index.snapshots();
  return { content: await contentOf(index, ids), documents, chunks, snapshots: snapshots.length };
}

/** Runs an operation with a fault at one call; says whether the fault was reached. */
async function attempt(operation: Operation, call: number, mode: FaultMode) {
  const storage = createMemoryStorage();
  const world = await createWorld(storage);
  world.clock.setNow(operation.nowMs ?? NOW);
  const start = await view(storage, world.clock);
  const faulty = createFaultyStorage(storage);
  const index = await open(faulty, world.clock, operation.embedder);
  faulty.arm(call, mode);
  let failed = false;
  try {
    await operation.run(index, world);
  } catch (error) {
    // Anything else would be the index's own confusion.
    if (!(error instanceof InjectedFault)) throw error;
    failed = true;
  }
  return { storage, faulty, world, index, start, failed, reached: faulty.calls() >= call };
}

async function wanted(operation: Operation): Promise<unknown> {
  const { storage, world } = await attempt(operation, 0, "fail");
  return await view(storage, world.clock);
}

describe.each(operations)("a failure in $name", (operation) => {
  it.each(faultModes)("of the kind %s leaves old or new at every single call, and no trace", async (mode) => {
    const goal = await wanted(operation);
    let calls = 0;
    let rejected = 0;
    for (let call = 1; ; call++) {
      const { storage, faulty, world, index, start, failed, reached } = await attempt(operation, call, mode);
      if (!reached) break;
      calls++;
      if (failed) rejected++;
      const alive = mode === "fail" || mode === "lost";
      if (alive && failed) {
        // The handle goes on: the same call again finishes the work, and clears up what the failure left.
        faulty.arm(0, mode);
        await operation.run(index, world);
        if (operation.name !== "snapshot")
          expect(await view(storage, world.clock), `call ${call}`).toEqual(goal);
        expect(await faultsOf(storage), `call ${call}`).toEqual([]);
        continue;
      }
      const found = await view(storage, world.clock);
      expect(await faultsOf(storage), `call ${call}`).toEqual([]);
      if (operation.atomic) expect([start, goal], `call ${call}`).toContainEqual(found);
      const reopened = await open(storage, world.clock, operation.embedder);
      await operation.run(reopened, world);
      if (operation.name !== "snapshot")
        expect(await view(storage, world.clock), `call ${call}`).toEqual(goal);
      expect(await faultsOf(storage), `call ${call}`).toEqual([]);
    }
    expect(calls).toBeGreaterThan(3);
    expect(rejected).toBeGreaterThan(3);
  });
});

describe("a failure in createIndex", () => {
  it.each(faultModes)("of the kind %s leaves an index that opens, at every single call", async (mode) => {
    for (let call = 1; ; call++) {
      const storage = createMemoryStorage();
      const world = await createWorld(storage);
      // Something to recover: writes that died while staging and while collecting, and a restore that died.
      const second = createFaultyStorage(storage);
      const restoring = await open(second, world.clock);
      const third = createFaultyStorage(storage);
      const removing = await open(third, world.clock);
      const first = createFaultyStorage(storage);
      const writing = await open(first, world.clock);
      first.arm(6, "torn");
      await expect(writing.upsert(after)).rejects.toThrow(InjectedFault);
      third.arm(4, "crash");
      await expect(removing.remove(["rewritten"])).rejects.toThrow(InjectedFault);
      second.arm(10, "crash");
      await expect(restoring.restore(world.snapshotId)).rejects.toThrow(InjectedFault);
      const left = await faultsOf(storage);
      expect(left).toContain("a restore was left behind");
      expect(
        left.filter((fault) => fault.startsWith("left over: intent")),
        left.join(),
      ).toHaveLength(2);

      const faulty = createFaultyStorage(storage);
      faulty.arm(call, mode);
      let opened = true;
      await open(faulty, world.clock).catch((error: unknown) => {
        if (!(error instanceof InjectedFault)) throw error;
        opened = false;
      });
      const reached = faulty.calls() >= call;
      expect(await view(storage, world.clock), `call ${call}`).toMatchObject({ documents: 4, snapshots: 1 });
      expect(await faultsOf(storage), `call ${call}`).toEqual([]);
      if (!reached) {
        expect(opened).toBe(true);
        expect(call).toBeGreaterThan(5);
        break;
      }
    }
  });

  it("makes an index at the first call that gets through", async () => {
    for (let call = 1; ; call++) {
      const storage = createMemoryStorage();
      const clock = createManualClock({ nowMs: NOW });
      const faulty = createFaultyStorage(storage);
      faulty.arm(call, "crash-after");
      await open(faulty, clock).catch(() => undefined);
      const index = await open(storage, clock);
      await index.upsert(before);
      expect(await faultsOf(storage)).toEqual([]);
      if (faulty.calls() < call) break;
    }
  });
});
