import { isKeelsonError } from "@keelson/core";
import { createFaultyStorage } from "@keelson/testkit";
import { describe, expect, it } from "vitest";
import type { Index, SourceDocument } from "../src/index.ts";
import {
  beforeCommit,
  codeOf,
  createGate,
  createLetters,
  createSubject,
  failureOf,
  faultsOf,
  stateOf,
} from "./support.ts";

const documents: SourceDocument[] = Array.from({ length: 600 }, (_, i) => ({
  id: `d${i}`,
  text: `text ${i}`,
}));

describe("a lease", () => {
  it.each([2, 4])("lets %i handles that sync at once embed every document once", async (count) => {
    const { index, open, embedder, storage } = await createSubject();
    const handles = [index, ...(await Promise.all(Array.from({ length: count - 1 }, () => open())))];
    const results = await Promise.all(handles.map((handle) => handle.reindex(documents)));
    expect(embedder.texts).toHaveLength(documents.length);
    expect(results.map(({ embeddedChunks }) => embeddedChunks).sort((a, b) => a - b)).toEqual([
      ...Array.from({ length: count - 1 }, () => 0),
      documents.length,
    ]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("lets two syncs of one handle have their turns, too", async () => {
    const { index, embedder } = await createSubject();
    await Promise.all([index.reindex(documents), index.reindex(documents), index.reindex(documents)]);
    expect(embedder.texts).toHaveLength(documents.length);
  });

  it("is let go of when the work has ended, and when it has failed", async () => {
    const { index, storage } = await createSubject();
    const leases = async (): Promise<string[]> =>
      (await stateOf(storage)).map(({ key }) => key).filter((key) => key.includes("/lease/"));
    await index.reindex(documents);
    expect(await leases()).toEqual([]);
    function* broken() {
      yield documents[0] as SourceDocument;
      throw new Error("the source broke");
    }
    await codeOf(index.reindex(broken()));
    expect(await leases()).toEqual([]);
  });

  it("lets the next one in as soon as it is let go of, without a turn of the clock", async () => {
    const { index, open } = await createSubject();
    const gate = createGate();
    const first = index.reindex([{ id: "a", text: () => gate.opened.then(() => "one") }]);
    const second = (await open()).reindex([{ id: "a", text: "one" }]);
    gate.open();
    await Promise.all([first, second]);
  });

  it("is waited for without a watch, too", async () => {
    const { index, open, storage, clock } = await createSubject();
    const { watch: _, ...state } = storage.state;
    const gate = createGate();
    const first = index.reindex([{ id: "a", text: () => gate.opened.then(() => "one") }]);
    let done = false;
    const second = open({ state }).then((other) => other.reindex([{ id: "b", text: "two" }]));
    void second.then(() => {
      done = true;
    });
    await clock.advance(5000);
    expect(done).toBe(false);
    gate.open();
    await first;
    await clock.advance(1000);
    await second;
  });

  it("of a holder that died is waited for until it runs out, and no longer", async () => {
    const { storage, open, clock } = await createSubject({ leaseMs: 1000 });
    const faulty = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "kill-within" });
    await codeOf((await open({ ...faulty })).reindex(documents.slice(0, 4)));
    const survivor = await open();
    // Records were staged, and the holder may yet be alive.
    expect(await faultsOf(storage)).not.toEqual([]);
    let done = false;
    const second = survivor.reindex(documents.slice(0, 4)).then(() => {
      done = true;
    });
    await clock.advance(999);
    expect(done).toBe(false);
    await clock.advance(1);
    await second;
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("is renewed while the work lasts", async () => {
    const { index, open, clock } = await createSubject({ leaseMs: 1000 });
    const gate = createGate();
    const first = index.reindex([{ id: "a", text: () => gate.opened.then(() => "one") }]);
    let done = false;
    const second = open()
      .then((other) => other.reindex([{ id: "a", text: "one" }]))
      .then(() => {
        done = true;
      });
    await clock.advance(10_000);
    expect(done).toBe(false);
    gate.open();
    await Promise.all([first, second]);
  });

  it("lets a holder that was paused commit nothing once another has taken over", async () => {
    const { storage, open, clock, embedder } = await createSubject({ leaseMs: 1000 });
    // Its renewals never get through, and its staging takes for ever.
    const renewals = beforeCommit(storage.state, (changes) => {
      const isRenewal = changes.length === 2 && changes.every(({ key }) => key.includes("/lease/sync"));
      if (isRenewal && clock.now() > 1_000_000) throw new Error("cut off");
    });
    const plan = { on: ["vectors.upsert"], at: 1, effect: "hold" } as const;
    const paused = createFaultyStorage({ ...storage, state: renewals }, plan);
    const old = await open({ ...paused });
    const lost = old.reindex([{ id: "a", text: "old" }]);
    await paused.reached;
    const next: Index = await open();
    const taken = next.reindex([{ id: "a", text: "new" }]);
    await clock.advance(1000);
    expect(await taken).toMatchObject({ embeddedChunks: 1 });
    paused.release();
    const error = await lost.catch((reason: unknown) => reason);
    expect(isKeelsonError(error, "LEASE_LOST") && error.details).toEqual({
      index: "docs",
      task: "sync",
      leaseMs: 1000,
    });
    expect((await next.get("a"))?.chunks[0]?.text).toBe("new");
    expect(embedder.texts).toEqual(["old", "new"]);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it.each<[string, (index: Index) => Promise<unknown>]>([
    ["a snapshot", (index) => index.snapshot()],
    ["an erasure", (index) => index.erase({ ids: ["a"] })],
  ])("tells %s that was paused that another has taken over", async (_, work) => {
    const { index, storage, open, clock } = await createSubject({ leaseMs: 1000 });
    await index.upsert(documents.slice(0, 3).concat({ id: "a", text: "old" }));
    const [reached, gate] = [createGate(), createGate()];
    let isPaused = false;
    const state = beforeCommit(storage.state, async (changes) => {
      const isRenewal = changes.length === 2 && changes.every(({ key }) => key.includes("/lease/"));
      if (isPaused && isRenewal) throw new Error("cut off");
      if (isRenewal || !changes.some(({ key }) => key.includes("/lease/snapshots"))) return;
      isPaused = true;
      reached.open();
      await gate.opened;
    });
    const old = await open({ state });
    const lost = failureOf(work(old));
    await reached.opened;
    const taken = index.snapshot();
    await clock.advance(1000);
    const { id } = await taken;
    gate.open();
    expect(await lost).toMatchObject({ code: "LEASE_LOST", details: { task: "snapshots" } });
    expect(await index.verify(id)).toMatchObject({ ok: true, documents: 4 });
    expect((await index.snapshots()).map((each) => each.id)).toEqual([id]);
    expect(await index.get("a")).toBeDefined();
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("aborts the work of a holder that finds that it has lost it", async () => {
    const { index, storage, clock } = await createSubject({ leaseMs: 900 });
    let seen: unknown;
    const waiting = index.reindex([
      {
        id: "a",
        text: ({ signal }) =>
          new Promise<string>((_, reject) => {
            signal?.addEventListener("abort", () => {
              seen = signal.reason;
              reject(signal.reason);
            });
          }),
      },
    ]);
    const failing = codeOf(waiting);
    await clock.advance(1);
    await storage.state.commit([{ key: "index/docs/lease/sync", value: "another" }]);
    await clock.advance(300);
    expect(await failing).toBe("LEASE_LOST");
    expect(isKeelsonError(seen, "LEASE_LOST")).toBe(true);
  });

  it("lets a waiting call be aborted, and those behind it have their turn", async () => {
    const { index, open } = await createSubject();
    const gate = createGate();
    const first = index.reindex([{ id: "a", text: () => gate.opened.then(() => "one") }]);
    const controller = new AbortController();
    const reason = new Error("stop");
    const other = await open();
    const aborted = [index, other].map((handle) =>
      handle
        .reindex([{ id: "a", text: "two" }], { signal: controller.signal })
        .catch((error: unknown) => error),
    );
    const behind = [index, other].map((handle) => handle.reindex([{ id: "a", text: "three" }]));
    controller.abort(reason);
    expect(await Promise.all(aborted)).toEqual([reason, reason]);
    gate.open();
    await Promise.all([first, ...behind]);
    expect((await index.get("a"))?.chunks[0]?.text).toBe("three");
  });

  it("leaves another's restore and another's writes alone when the index is opened", async () => {
    const { storage, open, index } = await createSubject();
    await index.upsert(documents.slice(0, 3));
    const { id } = await index.snapshot();
    const faulty = createFaultyStorage(storage, { on: ["vectors.upsert"], at: 1, effect: "hold" });
    const restoring = (await open({ ...faulty })).restore(id);
    await faulty.reached;
    await open();
    faulty.release();
    expect((await restoring).generation).toBe(2);
    expect(await faultsOf(storage)).toEqual([]);
  });

  it("does not stop single writes", async () => {
    const { index, open } = await createSubject();
    const gate = createGate();
    const syncing = index.reindex([{ id: "a", text: () => gate.opened.then(() => "one") }]);
    await (await open()).upsert([{ id: "b", text: "two" }]);
    await index.remove(["b"]);
    gate.open();
    expect((await syncing).embeddedChunks).toBe(1);
  });

  it("refuses a time that is none", async () => {
    const { open } = await createSubject();
    expect(await codeOf(open({ leaseMs: 0 }))).toBe("ARGUMENT_INVALID");
    expect(await codeOf(open({ leaseMs: Number.NaN, embedder: createLetters() }))).toBe("ARGUMENT_INVALID");
  });
});
