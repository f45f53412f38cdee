import { createManualClock, createMemoryStorage, type ManualClock } from "@keelson/adapters-memory";
import type { Chunker, Embedder, Storage } from "@keelson/core";
import { createFaultyStorage, type FaultEffect, type FaultPlan } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import { createIndex, type Index, type SourceDocument } from "../src/index.ts";
import { contentOf, createLetters, faultsOf, paragraphs, tinyRedactor } from "./support.ts";

const NOW = 1_000_000;
const fault = new Error("injected");
const effects = [
  "fail",
  "fail-after",
  "kill",
  "kill-after",
  "kill-within",
] as const satisfies readonly FaultEffect[];

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

/** Another cutting of the same chunks, so that the content stays. */
const whole: Chunker = { ...paragraphs, id: "paragraphs@2" };

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
  {
    name: "full sync",
    run: (index) => index.sync(after, { mode: "full", maxDeleteRatio: 1 }),
    atomic: false,
  },
  {
    name: "plan and apply",
    run: async (index) =>
      await index.apply(await index.plan(after, { mode: "full" }), after, { maxDeleteRatio: 1 }),
    atomic: false,
  },
  {
    name: "rebuild",
    run: (index) => index.rebuild({ embedder: createLetters("other@22"), chunker: whole }),
    atomic: true,
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
  const options = { name: "docs", redactor: tinyRedactor, chunker: paragraphs, clock, leaseMs: 1 };
  return createIndex({ ...storage, ...options, embedder });
}

/** All that can be seen of the index, whoever made its vectors. */
async function view(storage: Storage, clock: ManualClock): Promise<unknown> {
  const index = await open(storage, clock);
  const { documents, chunks } = await index.status();
  const snapshots = await index.snapshots();
  return { content: await contentOf(index, ids), documents, chunks, snapshots: snapshots.length };
}

/** Opens the index on a storage that goes wrong at a call, counted from when it is open; without one, never. */
async function openFaulty(storage: Storage, clock: ManualClock, plan?: FaultPlan, embedder?: Embedder) {
  // Opening makes the same calls on a storage of the same content.
  const twin = createMemoryStorage();
  await createWorld(twin);
  const opening = createFaultyStorage(twin);
  await open(opening, clock, embedder);
  const faulty = createFaultyStorage(storage, plan && { error: fault, ...plan, at: opening.steps + plan.at });
  const index = await open(faulty, clock, embedder);
  expect(faulty.steps).toBe(opening.steps);
  return { faulty, index };
}

/** Runs an operation with a fault at one call; says whether the fault was reached. */
async function attempt(operation: Operation, plan?: FaultPlan) {
  const storage = createMemoryStorage();
  const world = await createWorld(storage);
  world.clock.setNow(operation.nowMs ?? NOW);
  const start = await view(storage, world.clock);
  const { faulty, index } = await openFaulty(storage, world.clock, plan, operation.embedder);
  let failed = false;
  try {
    await operation.run(index, world);
  } catch (error) {
    // Anything else would be the index's own confusion.
    if (error !== fault) throw error;
    failed = true;
  }
  return { storage, world, index, start, failed, reached: faulty.fired };
}

async function wanted(operation: Operation): Promise<unknown> {
  const { storage, world } = await attempt(operation);
  return await view(storage, world.clock);
}

describe.each(operations)("a failure in $name", (operation) => {
  it.each(effects)("of the kind %s leaves old or new at every single call, and no trace", async (effect) => {
    const goal = await wanted(operation);
    let calls = 0;
    let rejected = 0;
    for (let call = 1; ; call++) {
      const { storage, world, index, start, failed, reached } = await attempt(operation, {
        at: call,
        effect,
      });
      if (!reached) break;
      calls++;
      if (failed) rejected++;
      const alive = effect === "fail" || effect === "fail-after";
      if (alive && failed) {
        // The handle goes on: the same call again finishes the work, and clears up what the failure left.
        await operation.run(index, world);
        // Before the view, whose opening clears up too. A sweep that finds nothing more leaves that to the next write.
        if (operation.name !== "sweepExpired") expect(await faultsOf(storage), `call ${call}`).toEqual([]);
        if (operation.name !== "snapshot")
          expect(await view(storage, world.clock), `call ${call}`).toEqual(goal);
        expect(await faultsOf(storage), `call ${call}`).toEqual([]);
        continue;
      }
      // The dead one's leases run out.
      world.clock.setNow(world.clock.now() + 1);
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
  it.each(effects)("of the kind %s leaves an index that opens, at every single call", async (effect) => {
    for (let call = 1; ; call++) {
      const storage = createMemoryStorage();
      const world = await createWorld(storage);
      // Something to recover: writes that died while staging and while collecting, and a restore that died.
      const restoring = await openFaulty(storage, world.clock, { at: 14, effect: "kill" });
      const removing = await openFaulty(storage, world.clock, { at: 5, effect: "kill" });
      const writing = await openFaulty(storage, world.clock, { at: 6, effect: "kill-within" });
      await expect(restoring.index.restore(world.snapshotId)).rejects.toBe(fault);
      await expect(writing.index.upsert(after)).rejects.toBe(fault);
      await expect(removing.index.remove(["rewritten"])).rejects.toBe(fault);
      const left = await faultsOf(storage);
      expect(left).toContain("a restore was left behind");
      expect(
        left.filter((fault) => fault.startsWith("left over: intent")),
        left.join(),
      ).toHaveLength(2);

      world.clock.setNow(world.clock.now() + 1);
      const faulty = createFaultyStorage(storage, { at: call, effect, error: fault });
      let opened = true;
      await open(faulty, world.clock).catch((error: unknown) => {
        if (error !== fault) throw error;
        opened = false;
      });
      expect(await view(storage, world.clock), `call ${call}`).toMatchObject({ documents: 4, snapshots: 1 });
      expect(await faultsOf(storage), `call ${call}`).toEqual([]);
      if (!faulty.fired) {
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
      const faulty = createFaultyStorage(storage, { at: call, effect: "kill-after" });
      await open(faulty, clock).catch(() => undefined);
      const index = await open(storage, clock);
      await index.upsert(before);
      expect(await faultsOf(storage)).toEqual([]);
      if (!faulty.fired) break;
    }
  });
});
